namespace Moesaic.Formats.Tests;

/// <summary>On a real file system of 20 MiB, which another writer fills while we write.</summary>
public sealed class FullDiskTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Fill()
    {
        using var stream = new FileStream(folder["filler"], FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            for (; ; ) stream.Write(new byte[4096]);
        }
        catch (IOException)
        {
        }
    }

    [Fact]
    public void Folder_is_refused_plainly_and_removed()
    {
        using var mount = new TemporaryMount(folder.Path);
        var tensor = new TensorSource("a", TensorType.F32, [1 << 18], sink =>
        {
            Fill();
            sink.WriteFloats(new float[1 << 18]);
        });
        var error = Assert.Throws<BadRequestException>(() =>
            HfFolderWriter.Write(folder["model"], new HfFolderContent { Config = [], Tensors = [tensor] }));
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        Assert.Equal(["filler"], folder.Names);
    }

    [Fact]
    public void File_keeps_its_old_content()
    {
        using var mount = new TemporaryMount(folder.Path);
        string path = folder.Write("a.txt", "old");
        var error = Assert.Throws<BadRequestException>(() => AtomicFile.Write(path, stream =>
        {
            Fill();
            stream.Write(new byte[100_000]);
        }));
        Assert.Contains("the disk is full", error.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["a.txt", "filler"], folder.Names);
    }
}

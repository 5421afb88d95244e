using System.Diagnostics;

namespace Moesaic.Formats.Tests;

/// <summary>On a real file system of 20 MiB, which another writer fills while we write.</summary>
public sealed class FullDiskTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly bool mounted;

    public FullDiskTests() =>
        mounted = OperatingSystem.IsLinux() && Run("mount", "-t", "tmpfs", "-o", "size=20m", "moesaic-test", folder.Path) == 0;

    public void Dispose()
    {
        if (mounted) Run("umount", folder.Path);
        folder.Dispose();
    }

    static int Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return -1;
        }
    }

    void SkipUnlessMounted()
    {
        if (!mounted) Assert.Skip("needs the right to mount a tmpfs: run as root on Linux");
    }

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
        SkipUnlessMounted();
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
        SkipUnlessMounted();
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

namespace Moesaic.Formats.Tests;

public sealed class GgufWriterTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static GgufTensorSource Source(string name, int type, byte fill, params long[] shape)
    {
        var source = GgufTensorType.Of(type);
        return new GgufTensorSource(name, source, shape, sink =>
        {
            var rows = shape[..^1].Aggregate(1L, (a, b) => a * b);
            for (var r = 0; r < rows; r++) sink.Write(Enumerable.Repeat(fill, (int)source.RowBytes(shape[^1])).ToArray());
        });
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        var metadata = new GgufMetadata("test");
        metadata.Set("general.architecture", GgufValue.Of("llama"));
        metadata.Set("i", GgufValue.Of(-3));
        metadata.Set("b", GgufValue.Of(true));
        metadata.Set("f", GgufValue.Of(1.25f));
        metadata.Set("words", GgufValue.Of(["", "é", "▁x"]));
        metadata.Set("scores", GgufValue.Of([0f, -1f]));
        metadata.Set("types", GgufValue.Of([1, 2]));
        metadata.Set("blob", GgufValue.Of([(byte)0, (byte)255]));
        long reported = 0;
        GgufWriter.Write(folder["a.gguf"], metadata, [Source("x", 8, 1, 3, 64), Source("y", 0, 2, 5), Source("z", 12, 3, 2, 2, 256)], n => reported += n);
        using var file = GgufFile.Open(folder["a.gguf"]);
        Assert.Equal(metadata.Entries.Select(e => e.Key), file.Metadata.Entries.Select(e => e.Key));
        foreach (var (key, value) in metadata.Entries)
        {
            Assert.Equal(value.ToString(), file.Metadata.Find(key)!.ToString());
            Assert.Equal(value.Value, file.Metadata.Find(key)!.Value);
        }
        Assert.Equal(["x Q8_0 [3, 64]", "y F32 [5]", "z Q4_K [2, 2, 256]"], file.Tensors.Select(t => t.ToString()));
        foreach (var (tensor, fill) in file.Tensors.Zip((byte[])[1, 2, 3]))
        {
            Assert.Equal(0, tensor.Offset % 32);
            Assert.True(file.Bytes(tensor, 0, (int)tensor.ByteLength).IndexOfAnyExcept(fill) < 0);
        }
        Assert.Equal(file.Tensors.Sum(t => t.ByteLength), reported);
        Assert.Equal(new FileInfo(folder["a.gguf"]).Length, GgufWriter.FileBytes(metadata, [Source("x", 8, 1, 3, 64), Source("y", 0, 2, 5), Source("z", 12, 3, 2, 2, 256)]));
        Assert.Equal(4, file.Find("z")!.Rows);
    }

    [Fact]
    public void A_failure_leaves_nothing()
    {
        var half = new GgufTensorSource("x", GgufTensorType.Of(0), [4], sink => sink.Write(new byte[8]));
        Assert.Throws<InvalidOperationException>(() => GgufWriter.Write(folder["a.gguf"], new GgufMetadata("test"), [half]));
        var more = new GgufTensorSource("x", GgufTensorType.Of(0), [1], sink => sink.Write(new byte[8]));
        Assert.Throws<InvalidOperationException>(() => GgufWriter.Write(folder["a.gguf"], new GgufMetadata("test"), [more]));
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => GgufWriter.Write(folder["a.gguf"], new GgufMetadata("test"), [Source("x", 0, 1, 4)], null, stop.Token));
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void Refuses_what_readers_do_not_take()
    {
        Assert.Throws<ArgumentException>(() => Source(new string('x', 64), 0, 1, 4));
        Assert.Throws<ArgumentException>(() => Source("x", 12, 1, 128));
        Assert.Throws<ArgumentException>(() => Source("x", 0, 1, 1, 1, 1, 1, 1));
        Assert.Throws<ArgumentException>(() => GgufTensorType.Of(5));
        Assert.Throws<ArgumentException>(() => GgufWriter.Write(folder["a.gguf"], new GgufMetadata("test"), [Source("x", 0, 1, 4), Source("x", 0, 1, 4)]));
    }
}

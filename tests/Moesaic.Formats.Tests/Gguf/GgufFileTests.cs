namespace Moesaic.Formats.Tests;

public sealed class GgufFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Write(byte[] bytes)
    {
        File.WriteAllBytes(folder["a.gguf"], bytes);
        return folder["a.gguf"];
    }

    string Refused(RawGguf raw) => Assert.Throws<BadModelException>(() => GgufFile.Open(Write(raw.Bytes()))).Message;

    static RawGguf One(ulong offset = 0, int data = 64, int type = 0, params ulong[] shape) =>
        new RawGguf { DataLength = data }.Tensor("a", type, offset, shape is [] ? [4, 4] : shape);

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Reads_metadata_and_tensors(uint version)
    {
        var raw = new RawGguf { Version = version, DataLength = 96 }
            .Key("n", 4, 7u).Key("text", 8, "é").Key("flag", 7, (byte)1).Key("real", 6, 0.5f)
            .Key("words", 9, 8u, 2ul, "x", "y").Key("nested", 9, 9u, 1ul, 5u, 2ul, 3, 4)
            .Tensor("a", 0, 0, 4, 2).Tensor("b", 8, 32, 32);
        using var file = GgufFile.Open(Write(raw.Bytes()));
        Assert.Equal((int)version, file.Version);
        Assert.Equal(7, file.Metadata.Int("n"));
        Assert.Equal("é", file.Metadata.Text("text"));
        Assert.True(file.Metadata.FlagOrNull("flag"));
        Assert.Equal(0.5, file.Metadata.Number("real"));
        Assert.Equal(["x", "y"], file.Metadata.TextsOrNull("words")!);
        Assert.Equal(["nested"], file.Metadata.Unread);
        Assert.Equal([3, 4], (int[])((GgufValue[])file.Metadata.Find("nested")!.Value)[0].Value);
        Assert.Equal(["a F32 [2, 4]", "b Q8_0 [32]"], file.Tensors.Select(t => t.ToString()));
        Assert.Equal(34, file.Find("b")!.ByteLength);
        Assert.Equal(1, file.Find("b")!.Rows);
        Assert.Equal(file.Find("a")!.Offset + 32, file.Find("b")!.Offset);
        Assert.Equal(34, file.Bytes(file.Find("b")!, 0, 34).Length);
    }

    [Fact]
    public void Alignment_moves_the_data()
    {
        using var file = GgufFile.Open(Write(new RawGguf { DataLength = 1040, Alignment = 1024 }
            .Key("general.alignment", 4, 1024u).Tensor("a", 0, 1024, 4).Bytes()));
        Assert.Equal(2048, file.Tensors[0].Offset);
    }

    [Theory]
    [InlineData(1u, "version 1")]
    [InlineData(4u, "version 4")]
    [InlineData(0x03000000u, "big-endian")]
    public void Refuses_versions_by_name(uint version, string reason) =>
        Assert.Contains(reason, Refused(new RawGguf { Version = version }), StringComparison.Ordinal);

    [Fact]
    public void Refuses_what_is_no_gguf()
    {
        Assert.Contains("does not begin", Refused(new RawGguf { Magic = 1 }), StringComparison.Ordinal);
        Assert.Contains("too few", Assert.Throws<BadModelException>(() => GgufFile.Open(Write(new byte[23]))).Message, StringComparison.Ordinal);
        Assert.Contains("none.gguf", Assert.Throws<BadModelException>(() => GgufFile.Open(folder["none.gguf"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_counts_without_bytes()
    {
        Assert.Contains("number of tensors", Refused(new RawGguf { TensorCount = ulong.MaxValue }), StringComparison.Ordinal);
        Assert.Contains("number of keys", Refused(new RawGguf { KeyCount = 1ul << 60 }), StringComparison.Ordinal);
        Assert.Contains("the length of words", Refused(new RawGguf().Key("words", 9, 8u, 1ul << 40)), StringComparison.Ordinal);
        Assert.Contains("the length of words", Refused(new RawGguf().Key("words", 9, 12u, ulong.MaxValue / 8 + 1)), StringComparison.Ordinal);
        Assert.Contains("the length of text", Refused(new RawGguf().Key("text", 8, ulong.MaxValue)), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_bad_values()
    {
        Assert.Contains("unknown value type 13", Refused(new RawGguf().Key("a", 13, 0u)), StringComparison.Ordinal);
        Assert.Contains("a flag with the value 2", Refused(new RawGguf().Key("a", 7, (byte)2)), StringComparison.Ordinal);
        Assert.Contains("UTF-8", Refused(new RawGguf().Key("a", 8, 2ul, new byte[] { 0xC3, 0x28 })), StringComparison.Ordinal);
        Assert.Contains("twice", Refused(new RawGguf().Key("a", 4, 1u).Key("a", 4, 1u)), StringComparison.Ordinal);
        Assert.Contains("no usable name", Refused(new RawGguf().Key("", 4, 1u)), StringComparison.Ordinal);
        Assert.Contains("power of two", Refused(new RawGguf().Key("general.alignment", 4, 24u)), StringComparison.Ordinal);
        Assert.Contains("nests", Refused(new RawGguf().Key("a", 9, 9u, 1ul, 9u, 1ul, 9u, 1ul, 9u, 1ul, 9u, 1ul, 4u, 0ul)), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_tensors_that_are_not_there()
    {
        Assert.Contains("truncated", Refused(One(data: 63)), StringComparison.Ordinal);
        Assert.Contains("truncated", Refused(One(offset: 1ul << 63)), StringComparison.Ordinal);
        Assert.Contains("alignment", Refused(One(offset: 8, data: 128)), StringComparison.Ordinal);
        Assert.Contains("twice", Refused(One(data: 256).Tensor("a", 0, 64, 1)), StringComparison.Ordinal);
        Assert.Contains("overlap", Refused(One(data: 256).Tensor("b", 0, 32, 1)), StringComparison.Ordinal);
        Assert.Contains("overlap", Refused(One(data: 256).Tensor("b", 0, 0, 1)), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_impossible_shapes()
    {
        Assert.Contains("larger than any file", Refused(One(shape: [1ul << 40, 1ul << 40])), StringComparison.Ordinal);
        Assert.Contains("larger than any file", Refused(One(shape: [1ul << 62, 4])), StringComparison.Ordinal);
        Assert.Contains("larger than any file", Refused(One(shape: [(ulong)long.MaxValue])), StringComparison.Ordinal);
        Assert.Contains("dimension of 0", Refused(One(shape: [4, 0])), StringComparison.Ordinal);
        Assert.Contains("dimension of 9223372036854775808", Refused(One(shape: [1ul << 63])), StringComparison.Ordinal);
        Assert.Contains("5 dimensions", Refused(One(shape: [1, 1, 1, 1, 1])), StringComparison.Ordinal);
        Assert.Contains("unknown type 4", Refused(One(type: 4)), StringComparison.Ordinal);
        Assert.Contains("no multiple of the 256", Refused(One(type: 12, shape: [128, 2])), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_are_read_strictly()
    {
        using var file = GgufFile.Open(Write(new RawGguf().Key("n", 4, 7u).Key("text", 8, "x").Key("nan", 6, float.NaN).Key("list", 9, 5u, 2ul, 1, -1).Bytes()));
        var metadata = file.Metadata;
        Assert.Contains("from 8 to 9, not UInt32 7", Assert.Throws<BadModelException>(() => metadata.Int("n", 8, 9)).Message, StringComparison.Ordinal);
        Assert.Contains("missing", Assert.Throws<BadModelException>(() => metadata.Int("m")).Message, StringComparison.Ordinal);
        Assert.Contains("not a String", Assert.Throws<BadModelException>(() => metadata.Int("text")).Message, StringComparison.Ordinal);
        Assert.Contains("must be a string", Assert.Throws<BadModelException>(() => metadata.Text("n")).Message, StringComparison.Ordinal);
        Assert.Contains("finite", Assert.Throws<BadModelException>(() => metadata.Number("nan")).Message, StringComparison.Ordinal);
        Assert.Contains("element 1", Assert.Throws<BadModelException>(() => metadata.Ints("list")).Message, StringComparison.Ordinal);
        Assert.Equal([1, -1], metadata.Ints("list", min: -1));
        Assert.Equal([7], metadata.Ints("n"));
        Assert.Contains("Array of Int32", Assert.Throws<BadModelException>(() => metadata.FloatsOrNull("list")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Tells_files_by_name_or_content()
    {
        File.WriteAllBytes(folder["blob"], new RawGguf().Bytes());
        File.WriteAllBytes(folder["short"], [1]);
        Assert.True(GgufFile.Is(folder["blob"]));
        Assert.True(GgufFile.Is(Write([])));
        Assert.False(GgufFile.Is(folder["short"]));
        Assert.False(GgufFile.Is(folder.Path));
        Assert.False(GgufFile.Is(folder["none.gguf"]));
    }
}

namespace Moesaic.Formats.Tests;

public sealed class GgufPartTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    static RawGguf Part(int number, int count = 3) => new RawGguf { DataLength = 64 }
        .Key("split.no", 2, (ushort)number).Key("split.count", 2, (ushort)count).Key("split.tensors.count", 5, 3);

    static byte[] Bytes(RawGguf raw, byte filling)
    {
        var bytes = raw.Bytes();
        bytes.AsSpan(bytes.Length - 64).Fill(filling);
        return bytes;
    }

    string Write(params RawGguf[] parts)
    {
        for (var i = 0; i < parts.Length; i++) File.WriteAllBytes(folder[$"m-{i + 1:D5}-of-00003.gguf"], Bytes(parts[i], (byte)(i + 1)));
        return folder["m-00001-of-00003.gguf"];
    }

    static RawGguf[] Three() =>
        [Part(0).Key("name", 8, "x").Tensor("a", 0, 0, 4, 4), Part(1).Tensor("b", 0, 0, 4, 4), Part(2).Tensor("c", 0, 0, 16)];

    string Refused(params RawGguf[] parts) => Refused(Write(parts));

    static string Refused(string path) => Assert.Throws<BadModelException>(() => GgufFile.Open(path)).Message;

    [Fact]
    public void All_parts_are_one_model()
    {
        using var file = GgufFile.Open(Write(Three()));
        Assert.Equal(["a", "b", "c"], file.Tensors.Select(t => t.Name));
        Assert.Equal("x", file.Metadata.Text("name"));
        Assert.Empty(file.Metadata.Unread);
        Assert.Equal([1, 2, 3], file.Tensors.Select(t => (int)file.Bytes(t, 0, 64)[63]));
        Assert.Equal(Directory.GetFiles(folder.Path).Sum(f => new FileInfo(f).Length), file.ByteLength);
        file.Release(file.Tensors[2], 0, 64);
        Assert.Equal(3, file.Bytes(file.Tensors[2], 0, 1)[0]);
    }

    [Fact]
    public void Another_part_than_the_first_is_refused()
    {
        Write(Three());
        Assert.Contains("part 2 of a model in 3 files; give the first", Refused(folder["m-00002-of-00003.gguf"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Parts_that_do_not_belong_together_are_refused()
    {
        Assert.Contains("00002-of-00003.gguf is missing", Refused(Part(0).Tensor("a", 0, 0, 4)), StringComparison.Ordinal);
        Assert.Contains("part 3 of 3, not part 2 of 3", Refused(Part(0).Tensor("a", 0, 0, 4), Part(2).Tensor("b", 0, 0, 4)), StringComparison.Ordinal);
        Assert.Contains("part 2 of 2, not part 2 of 3", Refused(Part(0).Tensor("a", 0, 0, 4), Part(1, 2).Tensor("b", 0, 0, 4)), StringComparison.Ordinal);
        Assert.Contains("tensor a is in an earlier part too",
            Refused(Three()[0], Part(1).Tensor("a", 0, 0, 4), Three()[2]), StringComparison.Ordinal);
        Assert.Contains("parts hold 2 tensors, split.tensors.count says 3", Refused(Three()[0], Part(1), Three()[2]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_that_tells_nothing_of_the_parts_is_refused()
    {
        File.WriteAllBytes(folder["model.gguf"], Bytes(Three()[0], 0));
        Assert.Contains("names that end in -00001-of-00003.gguf", Refused(folder["model.gguf"]), StringComparison.Ordinal);
        File.WriteAllBytes(folder["m-00001-of-00002.gguf"], Bytes(Three()[0], 0));
        Assert.Contains("names that end in -00001-of-00003.gguf", Refused(folder["m-00001-of-00002.gguf"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.gguf", "a.gguf")]
    [InlineData("x/m-00002-of-00002.gguf", "x/m-00001-of-00002.gguf", "x/m-00002-of-00002.gguf")]
    [InlineData("m-00001-of-00000.gguf", "m-00001-of-00000.gguf")]
    public void Names_follow_from_one_of_them(string name, params string[] names) => Assert.Equal(names, GgufParts.Names(name));
}

namespace Moesaic.Formats.Tests;

public sealed class GgufFuzzTests
{
    [Fact]
    public void Mutated_file_is_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] rich = new RawGguf { DataLength = 160 }
            .Key("general.architecture", 8, "llama").Key("n", 4, 7u).Key("flag", 7, (byte)1).Key("real", 6, 0.5f)
            .Key("words", 9, 8u, 3ul, "x", "yy", "").Key("nested", 9, 9u, 1ul, 5u, 2ul, 3, 4).Key("general.alignment", 4, 32u)
            .Tensor("blk.0.ffn_up.weight", 0, 0, 4, 2).Tensor("b", 8, 32, 32, 2).Tensor("c", 30, 128, 3, 1, 2).Bytes();
        byte[] small = new RawGguf { Version = 2, DataLength = 4 }.Key("bytes", 9, 0u, 2ul, (ushort)5).Tensor("a", 0, 0, 1).Bytes();
        int accepted = 0;
        Fuzz.Run([rich, small], folder["a.gguf"], path =>
        {
            using var file = GgufFile.Open(path);
            accepted++;
            foreach (var tensor in file.Tensors)
            {
                Assert.InRange(tensor.Offset + tensor.ByteLength, 0, new FileInfo(path).Length);
                Assert.Equal(tensor.ByteLength, tensor.Rows * tensor.RowBytes);
                file.Bytes(tensor, 0, (int)tensor.ByteLength).ToArray();
            }
            foreach (var (key, _) in file.Metadata.Entries)
            {
                _ = file.Metadata.Find(key)!.ToString();
                Assert.ThrowsAny<BadModelException>(() => file.Metadata.Text(key + "?"));
            }
        });
        Assert.True(accepted > 0, "no mutant was accepted: the fuzz does not reach the data");
    }
}

namespace Moesaic.Formats.Tests;

public sealed class SafetensorsFuzzTests
{
    [Fact]
    public void Mutated_file_is_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] golden = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Golden", "all_types.safetensors"));
        byte[] two = RawFile.Bytes("""{"a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""", 11);
        int accepted = 0;
        Fuzz.Run([golden, two], folder[TensorStore.SingleFileName], path =>
        {
            using var store = TensorStore.Open(path);
            accepted++;
            foreach (var info in store.Tensors)
            {
                Assert.InRange(info.Offset + info.ByteLength, 0, new FileInfo(path).Length);
                store.Bytes(info.Name).ToArray();
                if (info.Type.IsFloat()) store.Read(info.Name, new float[info.ElementCount], checkFinite: false);
            }
        });
        Assert.True(accepted > 0, "no mutant was accepted: the fuzz does not reach the data");
    }

    [Fact]
    public void Mutated_index_is_read_or_refused()
    {
        using var folder = new TemporaryFolder();
        byte[] index = """{"metadata":{"total_size":8},"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"""u8.ToArray();
        foreach (var (file, tensor) in ((string, string)[])[("model-00001-of-00002.safetensors", "a"), ("model-00002-of-00002.safetensors", "b")])
            SafetensorsWriter.Write(folder[file], [new TensorSource(tensor, TensorType.F32, [1], s => s.WriteFloats([1f]))]);
        Fuzz.Run([index], folder["model.safetensors.index.json"], _ => TensorStore.Open(folder.Path).Dispose());
    }
}

namespace Moesaic.Formats.Tests;

public sealed class TensorStoreTests : IDisposable
{
    const string First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    void Shard(string file, params string[] tensors) => SafetensorsWriter.Write(folder[file],
        tensors.Select(t => new TensorSource(t, TensorType.F32, [2], s => s.WriteFloats([1f, 2f]))));

    void Index(params (string Tensor, string File)[] map) => folder.Write("model.safetensors.index.json",
        $$"""{"metadata":{"total_size":{{map.Length * 8}} },"weight_map":{ {{string.Join(',', map.Select(m => $"\"{m.Tensor}\":\"{m.File}\""))}} } }""");

    string Refusal() => Assert.Throws<BadModelException>(() => TensorStore.Open(folder.Path)).Message;

    [Fact]
    public void Shards_are_one_store()
    {
        Shard(First, "a", "b");
        Shard(Second, "c");
        Index(("a", First), ("b", First), ("c", Second));
        using var store = TensorStore.Open(folder.Path);
        Assert.Equal(["a", "b", "c"], store.Tensors.Select(t => t.Name));
        Assert.Equal(24, store.TotalBytes);
        Assert.Empty(store.Notes);
        Assert.Equal(folder[Second], store.Info("c").File);
        var values = new float[2];
        store.Read("c", values);
        Assert.Equal([1f, 2f], values);
    }

    [Fact]
    public void All_missing_shards_are_named()
    {
        Index(("a", First), ("b", Second));
        string message = Refusal();
        Assert.Contains(First, message, StringComparison.Ordinal);
        Assert.Contains(Second, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../x.safetensors")]
    [InlineData("/x.safetensors")]
    [InlineData("sub/x.safetensors")]
    [InlineData("..\\\\x.safetensors")]
    [InlineData("C:x.safetensors")]
    [InlineData(".safetensors")]
    [InlineData("x.bin")]
    [InlineData("")]
    public void Index_that_leaves_the_folder_is_refused(string file)
    {
        Index(("a", file));
        Assert.Contains("not the plain name", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Tensor_in_two_shards_is_refused()
    {
        Shard(First, "a");
        Shard(Second, "a", "b");
        Index(("a", First), ("b", Second));
        Assert.Contains("both", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Index_that_contradicts_the_shards_is_refused()
    {
        Shard(First, "a");
        Shard(Second, "b");
        Index(("a", First), ("b", Second), ("c", Second));
        Assert.Contains("nowhere", Refusal(), StringComparison.Ordinal);
        Index(("a", First), ("b", First), ("b2", Second));
        Assert.Contains("tensor b is in " + First, Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"weight_map":{"a":1}}""")]
    [InlineData("""{"weight_map":{}}""")]
    [InlineData("""{"weight_map":[]}""")]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""{"weight_map":{"a":"x.safetensors","a":"x.safetensors"}}""")]
    [InlineData("""{"weight_map":{"\ud800":"x.safetensors"}}""")]
    [InlineData("")]
    public void Malformed_index_is_refused(string json)
    {
        folder.Write("model.safetensors.index.json", json);
        Assert.Contains("index.json", Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public void Oddities_are_noted()
    {
        Shard(First, "a", "extra");
        Shard("old.safetensors", "x");
        Index(("a", First));
        using var store = TensorStore.Open(folder.Path);
        Assert.True(store.Contains("extra"));
        Assert.Equal(3, store.Notes.Count);
        Assert.Contains("not listed", store.Notes[0], StringComparison.Ordinal);
        Assert.Contains("total_size of 8", store.Notes[1], StringComparison.Ordinal);
        Assert.Contains("old.safetensors", store.Notes[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Single_file_wins_over_an_index_with_a_note()
    {
        Shard("model.safetensors", "a");
        Index(("a", First));
        using var store = TensorStore.Open(folder.Path);
        Assert.Contains("is not used", Assert.Single(store.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pytorch_model.bin", "pickled")]
    [InlineData("weights.safetensors", "neither model.safetensors nor")]
    [InlineData("readme.txt", "holds no weights")]
    public void Folder_without_weights_says_what_it_has(string file, string reason)
    {
        folder.Write(file, "");
        Assert.Contains(reason, Refusal(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    [InlineData(TensorType.F64)]
    public void First_value_that_is_not_finite_is_named(TensorType type)
    {
        byte[] bad = type switch
        {
            TensorType.F32 => BitConverter.GetBytes(float.NaN),
            TensorType.F16 => BitConverter.GetBytes(Half.NegativeInfinity),
            TensorType.BF16 => [0x80, 0x7F],
            _ => BitConverter.GetBytes(1e300),
        };
        int size = type.ByteSize();
        var bytes = new byte[6 * size];
        bad.CopyTo(bytes, 4 * size);
        bad.CopyTo(bytes, 5 * size);
        SafetensorsWriter.Write(folder["model.safetensors"], [new TensorSource("w", type, [2, 3], s => s.WriteBytes(bytes))]);
        using var store = TensorStore.Open(folder.Path);
        var error = Assert.Throws<BadModelException>(() => store.Read("w", new float[6]));
        Assert.Contains("[1, 1]", error.Message, StringComparison.Ordinal);
        Assert.Contains("[1, 1]", Assert.Throws<BadModelException>(() => store.Read("w", 3, new float[3])).Message, StringComparison.Ordinal);
        store.Read("w", new float[6], checkFinite: false);
        store.Read("w", 0, new float[4]);
    }

    [Fact]
    public void Reading_is_refused_by_type_name_and_length()
    {
        SafetensorsWriter.Write(folder["model.safetensors"], [new TensorSource("q", TensorType.I8, [4], s => s.WriteBytes([1, 2, 3, 4]))]);
        using var store = TensorStore.Open(folder.Path);
        Assert.Contains("q I8 [4] holds integers", Assert.Throws<BadModelException>(() => store.Read("q", new float[4])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => store.Read("q", new float[3]));
        Assert.Contains("no tensor z", Assert.Throws<BadModelException>(() => store.Info("z")).Message, StringComparison.Ordinal);
        Assert.Null(store.Find("z"));
    }

    [Fact]
    public void Long_tensor_is_read_in_pieces_without_a_seam()
    {
        const int Count = (1 << 20) + 77;
        var values = Enumerable.Range(0, Count).Select(i => (float)i).ToArray();
        SafetensorsWriter.Write(folder["model.safetensors"], [TensorSource.FromFloats("w", TensorType.F32, [Count], () => values)]);
        using var store = TensorStore.Open(folder.Path);
        var read = new float[Count];
        store.Read("w", read);
        Assert.Equal(values, read);
    }

    [Fact]
    public void Tensor_beyond_2_GiB_is_read_in_slices()
    {
        // A sparse file: only its last bytes take space.
        const long Elements = (1L << 31) + 8;
        string header = $$"""{"w":{"dtype":"U8","shape":[{{Elements}}],"data_offsets":[0,{{Elements}}]} }""";
        using (var stream = File.Create(folder["model.safetensors"]))
        {
            stream.Write(RawFile.Bytes(header));
            stream.SetLength(stream.Length + Elements);
            stream.Position = stream.Length - 1;
            stream.WriteByte(7);
        }
        using var store = TensorStore.Open(folder.Path);
        Assert.Throws<ArgumentException>(() => store.Bytes("w").Length);
        Assert.Equal(7, store.Bytes("w", Elements - 1, 1)[0]);
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Bytes("w", Elements - 1, 2).Length);
    }
}

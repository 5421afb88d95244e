using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Gguf;
using Moesaic.Models.Loading;

namespace Moesaic.Models.Tests.Gguf;

/// <summary>What files of other programs may hold, and what is refused.</summary>
public sealed class GgufLoadingTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly Model model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture()));

    public void Dispose()
    {
        model.Dispose();
        folder.Dispose();
    }

    /// <summary>The model's file, its keys and tensors changed.</summary>
    string Write(Action<GgufMetadata>? keys = null, Func<GgufTensorSource, IEnumerable<GgufTensorSource>>? tensors = null)
    {
        if (!Directory.Exists(folder["hf"])) ModelFolder.Save(model, folder["hf"], new SaveOptions { Type = TensorType.F32 });
        using (var weights = StoredWeights.Open(folder["hf"])) new GgufModelWriter(weights, WeightEncoding.F32).Write(folder["a.gguf"]);
        using var file = GgufFile.Open(folder["a.gguf"]);
        keys?.Invoke(file.Metadata);
        GgufWriter.Write(folder["b.gguf"], file.Metadata, [.. file.Tensors.Select(t => Copy(file, t, t.Name, t.Shape.ToArray(), 0)).SelectMany(tensors ?? (t => [t]))]);
        return folder["b.gguf"];
    }

    static GgufTensorSource Copy(GgufFile file, GgufTensorInfo from, string name, long[] shape, long offset)
    {
        var bytes = from.Type.RowBytes(shape[^1]) * shape[..^1].Aggregate(1L, (a, b) => a * b);
        return new(name, from.Type, shape, sink => sink.Write(file.Bytes(from, offset, (int)bytes)));
    }

    string Refused(Action<GgufMetadata>? keys = null, Func<GgufTensorSource, IEnumerable<GgufTensorSource>>? tensors = null) =>
        Assert.Throws<BadModelException>(() => ModelFolder.Load(Write(keys, tensors))).Message;

    [Fact]
    public void Experts_may_have_a_tensor_each()
    {
        Write();
        using (var file = GgufFile.Open(folder["a.gguf"]))
            GgufWriter.Write(folder["c.gguf"], file.Metadata, [.. file.Tensors.SelectMany(t => t.Name.Contains("_exps", StringComparison.Ordinal)
                ? Enumerable.Range(0, 4).Select(e => Copy(file, t, t.Name.Replace("_exps.weight", $".{e}.weight", StringComparison.Ordinal),
                    t.Shape[1..].ToArray(), e * t.ByteLength / 4))
                : [Copy(file, t, t.Name, t.Shape.ToArray(), 0)])]);
        using var loaded = ModelFolder.Load(folder["c.gguf"]);
        Assert.Equal(Passes.Logits(model), Passes.Logits(loaded.Model));
    }

    [Fact]
    public void Keys_with_a_usual_value_may_be_missing_or_be_lists()
    {
        var path = Write(keys =>
        {
            keys.Set("llama.attention.head_count", GgufValue.Of([4, 4]));
            keys.Set("llama.rope.scaling.type", GgufValue.Of("none"));
            keys.Set("general.name", GgufValue.Of("x"));
            keys.Set("quantize.imatrix.file", GgufValue.Of("y"));
        });
        using var loaded = ModelFolder.Load(path);
        Assert.Equal(Passes.Logits(model), Passes.Logits(loaded.Model));
    }

    [Theory]
    [InlineData("general.architecture", "gptneox", "llama, ")]
    [InlineData("llama.rope.scaling.type", "longrope", "\"longrope\", which is not supported")]
    public void Unsupported_words_are_named(string key, string value, string said) =>
        Assert.Contains(said, Refused(m => m.Set(key, GgufValue.Of(value))), StringComparison.Ordinal);

    [Theory]
    [InlineData("llama.rope.dimension_count", 4u, "rotating a part")]
    [InlineData("llama.attention.value_length", 4u, "unlike attention.key_length")]
    [InlineData("llama.attention.head_count_kv", 3u, "does not divide")]
    [InlineData("llama.attention.sliding_window", 16u, "could change what the model computes")]
    [InlineData("llama.expert_used_count", 5u, "5 experts per token of 4")]
    [InlineData("llama.embedding_length", 32u, "token_embd.weight")]
    [InlineData("llama.block_count", 3u, "blk.2.attn_norm.weight is missing")]
    [InlineData("llama.block_count", 1u, "blk.1.attn_norm.weight is left over")]
    public void Keys_that_do_not_fit_are_refused(string key, uint value, string said) =>
        Assert.Contains(said, Refused(m => m.Set(key, GgufValue.Of(value))), StringComparison.Ordinal);

    [Fact]
    public void Layers_that_differ_are_refused() => Assert.Contains(
        "differs between layers", Refused(m => m.Set("llama.feed_forward_length", GgufValue.Of([12, 16]))), StringComparison.Ordinal);

    [Fact]
    public void Tensors_that_do_not_fit_are_refused_all_at_once()
    {
        var message = Refused(tensors: t => t.Name switch
        {
            "output_norm.weight" => [],
            "blk.0.attn_q.weight" => [new GgufTensorSource(t.Name, t.Type, [16, 32], s => s.Write(new byte[16 * 32 * 4]))],
            "blk.0.ffn_norm.weight" => [t, new GgufTensorSource("surprise", t.Type, [1], s => s.Write(new byte[4]))],
            _ => [t],
        });
        foreach (var said in (string[])["output_norm.weight is missing", "blk.0.attn_q.weight F32 [16, 32]: the metadata ask for [32, 16]", "surprise is left over"])
            Assert.Contains(said, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Types_that_cannot_be_computed_with_are_named() => Assert.Contains("blk.0.attn_v.weight I8 [16, 16] is stored in a way", Refused(tensors: t =>
        t.Name == "blk.0.attn_v.weight" ? [new GgufTensorSource(t.Name, GgufTensorType.Of(24), [16, 16], s => s.Write(new byte[256]))] : [t]), StringComparison.Ordinal);

    [Fact]
    public void A_weight_that_is_no_number_is_found() => Assert.Contains("NaN in row 1 of model.layers.1.self_attn.v_proj.weight", Refused(tensors: t =>
    {
        if (t.Name != "blk.1.attn_v.weight") return [t];
        var bytes = new byte[16 * 16 * 4];
        BitConverter.TryWriteBytes(bytes.AsSpan(17 * 4), float.NaN);
        return [new GgufTensorSource(t.Name, t.Type, [16, 16], s => s.Write(bytes))];
    }), StringComparison.Ordinal);

    [Fact]
    public void A_vocabulary_alone_is_no_model() =>
        Assert.Contains("token_embd.weight", Refused(tensors: _ => []), StringComparison.Ordinal);

    [Fact]
    public void Divisors_that_no_scaling_gives_are_refused()
    {
        var message = Refused(tensors: t => t.Name == "token_embd.weight"
            ? [t, new GgufTensorSource("rope_freqs.weight", t.Type, [4], s => s.Write(System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>([1, 2, 1, 3])))]
            : [t]);
        Assert.Contains("no supported scaling", message, StringComparison.Ordinal);
    }
}

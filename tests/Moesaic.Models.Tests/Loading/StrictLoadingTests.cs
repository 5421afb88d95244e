using Moesaic.Formats;
using Moesaic.Models.Loading;

namespace Moesaic.Models.Tests.Loading;

/// <summary>A checkpoint is used wholly or not at all.</summary>
public sealed class StrictLoadingTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    string Weights => folder["m/model.safetensors"];

    /// <summary>Writes a tiny model and then its weights once more, changed.</summary>
    void Write(bool tied, Action<Dictionary<string, (long[] Shape, float[] Values)>> change)
    {
        using (var model = TinySpec.Model(TinySpec.Of(TinySpec.Dense()) with { TiedEmbeddings = tied }))
            ModelFolder.Save(model, folder["m"], new SaveOptions { Type = TensorType.F32 });
        var tensors = new Dictionary<string, (long[] Shape, float[] Values)>();
        using (var store = TensorStore.Open(folder["m"]))
            foreach (var info in store.Tensors)
            {
                var values = new float[info.ElementCount];
                store.Read(info.Name, values);
                tensors[info.Name] = (info.Shape.ToArray(), values);
            }
        change(tensors);
        SafetensorsWriter.Write(Weights, tensors.Select(t => TensorSource.FromFloats(t.Key, TensorType.F32, t.Value.Shape, () => t.Value.Values)));
    }

    string Refusal() => Assert.Throws<BadModelException>(() => ModelFolder.Load(folder["m"])).Message;

    void Refused(params string[] words)
    {
        var message = Refusal();
        Assert.All(words, w => Assert.Contains(w, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"hidden_size\": 16", "\"hidden_size\": 2000000000", "norms")]
    [InlineData("\"num_hidden_layers\": 1", "\"num_hidden_layers\": 2000000000", "num_hidden_layers")]
    public void An_absurd_size_is_refused_before_it_costs_memory(string right, string absurd, string named)
    {
        Write(false, _ => { });
        var config = folder["m/config.json"];
        var text = File.ReadAllText(config);
        Assert.Contains(right, text, StringComparison.Ordinal);
        File.WriteAllText(config, text.Replace(right, absurd, StringComparison.Ordinal));
        Refused(named);
    }

    [Fact]
    public void A_missing_tensor_is_named()
    {
        Write(false, t => t.Remove("model.layers.0.mlp.up_proj.weight"));
        Refused("missing", "model.layers.0.mlp.up_proj.weight");
    }

    [Fact]
    public void A_tensor_nobody_asked_for_is_named()
    {
        Write(false, t => t["model.layers.0.mlp.up_proj.bias"] = ([24], new float[24]));
        Refused("left over", "model.layers.0.mlp.up_proj.bias");
    }

    [Fact]
    public void A_wrong_shape_is_named_with_the_right_one()
    {
        Write(false, t => t["model.norm.weight"] = ([8], new float[8]));
        Refused("model.norm.weight", "[8]", "[16]");
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(float.NegativeInfinity, "Infinity")]
    public void A_weight_that_is_no_number_is_named_with_its_place(float value, string shown)
    {
        // The writer refuses such a weight too: it is put into the file's bytes.
        Write(false, t => t["model.layers.0.self_attn.k_proj.weight"].Values[35] = 12345.678f);
        var bytes = File.ReadAllBytes(Weights);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.AsSpan().IndexOf(BitConverter.GetBytes(12345.678f))), value);
        File.WriteAllBytes(Weights, bytes);
        Refused("model.layers.0.self_attn.k_proj.weight", "[2, 3]", shown);
    }

    [Fact]
    public void A_stored_copy_of_the_tied_head_is_skipped_with_a_note()
    {
        Write(true, t => t["lm_head.weight"] = t["model.embed_tokens.weight"]);
        using var loaded = ModelFolder.Load(folder["m"]);
        Assert.Contains(loaded.Notes, n => n.Contains("lm_head.weight", StringComparison.Ordinal));
    }

    [Fact]
    public void A_tied_head_that_differs_is_refused()
    {
        Write(true, t => t["lm_head.weight"] = (t["model.embed_tokens.weight"].Shape, [.. t["model.embed_tokens.weight"].Values.Select(v => -v)]));
        Refused("lm_head.weight", "tie_word_embeddings");
    }

    [Fact]
    public void Stored_frequencies_are_skipped_with_one_note()
    {
        Write(false, t => t["model.layers.0.self_attn.rotary_emb.inv_freq"] = ([4], new float[4]));
        using var loaded = ModelFolder.Load(folder["m"]);
        Assert.Single(loaded.Notes, n => n.Contains("inv_freq", StringComparison.Ordinal));
    }

    [Fact]
    public void An_empty_file_of_weights_is_refused()
    {
        Write(false, t => t.Clear());
        Refused("missing", "model.embed_tokens.weight");
    }

    [Fact]
    public void A_head_that_is_missing_although_not_tied_is_named()
    {
        Write(false, t => t.Remove("lm_head.weight"));
        Refused("missing", "lm_head.weight");
    }
}

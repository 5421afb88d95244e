using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;

namespace Moesaic.Models.Tests.Loading;

/// <summary>Experts packed into two tensors of a layer give the same model as experts of their own.</summary>
public sealed class PackedExpertsTests : IDisposable
{
    const int Experts = 4;

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    // 8 is half of the model's width: then gates and ups of an expert are a square, and only the other tensor tells how they lie.
    static ModelSpec Spec(string type, int inner) => type == "mixtral"
        ? TinySpec.Of(TinySpec.Mixture(width: inner), TinySpec.Mixture(width: inner))
        : TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture(width: inner)).With(TinySpec.Attention with { Norm = HeadNorm.Head });

    /// <summary>Saves a model and packs its experts.</summary>
    float[] Pack(ModelSpec spec, TensorType type, bool turned, string suffix, Action<List<TensorSource>>? change = null)
    {
        using var model = TinySpec.Model(spec);
        if (Directory.Exists(folder["m"])) Directory.Delete(folder["m"], recursive: true);
        ModelFolder.Save(model, folder["m"], new SaveOptions { Type = type });
        using var plain = ModelFolder.Load(folder["m"]);
        var tensors = new List<TensorSource>();
        using (var store = TensorStore.Open(folder["m"]))
            foreach (var info in store.Tensors.Where(t => !t.Name.Contains(".experts.", StringComparison.Ordinal)))
            {
                var values = new float[info.ElementCount];
                store.Read(info.Name, values);
                var name = info.Name.Replace("block_sparse_moe", "mlp", StringComparison.Ordinal);
                tensors.Add(TensorSource.FromFloats(name, type, info.Shape.ToArray(), () => values));
            }
        for (var l = 0; l < spec.Layers.Count; l++)
            if (plain.Model.Blocks[l].FeedForward is MixtureFeedForward { Experts: var table })
            {
                tensors.Add(Tensor($"model.layers.{l}.mlp.experts.gate_up_proj{suffix}", e => [table.Gates[e].Dense, table.Ups[e].Dense]));
                tensors.Add(Tensor($"model.layers.{l}.mlp.experts.down_proj{suffix}", e => [table.Downs[e].Dense]));
            }
        change?.Invoke(tensors);
        SafetensorsWriter.Write(folder["m/model.safetensors"], tensors);
        return Passes.Logits(plain.Model);

        TensorSource Tensor(string name, Func<int, Tensors.Tensor[]> of)
        {
            var blocks = Enumerable.Range(0, Experts).Select(e => (Rows: of(e).Sum(t => t.Rows), of(e)[0].Columns,
                Values: of(e).SelectMany(t => t.Span.ToArray()).ToArray())).ToArray();
            var (rows, columns) = (blocks[0].Rows, blocks[0].Columns);
            float[] values = [.. blocks.SelectMany(b => turned
                ? Enumerable.Range(0, rows * columns).Select(i => b.Values[(i % rows * columns) + (i / rows)]) : b.Values)];
            return TensorSource.FromFloats(name, type, turned ? [Experts, columns, rows] : [Experts, rows, columns], () => values);
        }
    }

    [Theory]
    [InlineData("mixtral", 12, false, "")]
    [InlineData("mixtral", 12, true, "")]
    [InlineData("qwen3_moe", 12, false, ".weight")]
    [InlineData("qwen3_moe", 8, false, "")]
    [InlineData("qwen3_moe", 8, true, "")]
    [InlineData("qwen3_moe", 16, false, "")]
    [InlineData("qwen3_moe", 16, true, "")]
    public void The_logits_are_the_same(string type, int inner, bool turned, string suffix)
    {
        var expected = Pack(Spec(type, inner), TensorType.BF16, turned, suffix);
        using var loaded = ModelFolder.Load(folder["m"]);
        Assert.Equal(type, loaded.Layout);
        Assert.Equal(expected, Passes.Logits(loaded.Model));
        Assert.Empty(loaded.Notes);
    }

    [Fact]
    public void Rows_are_handed_out_as_they_are_stored_unless_they_lie_in_columns()
    {
        Pack(Spec("mixtral", 12), TensorType.BF16, turned: false, "");
        using (var weights = StoredWeights.Open(folder["m"]))
        {
            var parameter = weights.Find("model.layers.1.mlp.experts.2.up_proj.weight");
            var values = new float[parameter.Columns];
            weights.Read(parameter, 5, values);
            Assert.Equal(values, MemoryMarshal.Cast<byte, ushort>(weights.Row(parameter, 5)).ToArray().Select(h => BitConverter.Int32BitsToSingle(h << 16)));
        }
        Pack(Spec("mixtral", 12), TensorType.BF16, turned: true, "");
        using var turned = StoredWeights.Open(folder["m"]);
        Assert.Null(turned.Find("model.layers.1.mlp.experts.2.up_proj.weight").Encoding);
        Assert.NotNull(turned.Find("model.layers.1.mlp.gate.weight").Encoding);
    }

    [Fact]
    public void A_packed_tensor_of_another_shape_is_named_once()
    {
        Pack(Spec("mixtral", 12), TensorType.F32, turned: false, "", tensors =>
        {
            tensors.RemoveAll(t => t.Name == "model.layers.0.mlp.experts.gate_up_proj");
            tensors.Add(TensorSource.FromFloats("model.layers.0.mlp.experts.gate_up_proj", TensorType.F32, [Experts, 20, 16], () => new float[Experts * 20 * 16]));
        });
        var message = Assert.Throws<BadModelException>(() => ModelFolder.Load(folder["m"])).Message;
        Assert.Contains("[4, 20, 16], the configuration asks for [4, 24, 16]", message, StringComparison.Ordinal);
        Assert.Equal(2, message.Split("gate_up_proj").Length);
        Assert.DoesNotContain("missing", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_that_predict_further_tokens_are_skipped_with_a_note()
    {
        var spec = Architectures.LayoutChoiceTests.Shapes["sigmoid"].Spec;
        using var model = TinySpec.Model(spec);
        ModelFolder.Save(model, folder["m"], new SaveOptions { Type = TensorType.F32 });
        var tensors = new List<TensorSource> { TensorSource.FromFloats("model.layers.2.eh_proj.weight", TensorType.F32, [1, 2], () => new float[2]) };
        using (var store = TensorStore.Open(folder["m"]))
            foreach (var info in store.Tensors)
            {
                var values = new float[info.ElementCount];
                store.Read(info.Name, values);
                tensors.Add(TensorSource.FromFloats(info.Name, TensorType.F32, info.Shape.ToArray(), () => values));
            }
        SafetensorsWriter.Write(folder["m/model.safetensors"], tensors);
        using var loaded = ModelFolder.Load(folder["m"]);
        Assert.Contains("model.layers.2.eh_proj.weight", Assert.Single(loaded.Notes), StringComparison.Ordinal);
        Assert.Equal(Passes.Logits(model), Passes.Logits(loaded.Model));
    }
}

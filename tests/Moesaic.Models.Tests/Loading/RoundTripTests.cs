using Moesaic.Formats;
using Moesaic.Models.Loading;
using Moesaic.Models.Tests.Architectures;

namespace Moesaic.Models.Tests.Loading;

/// <summary>Written and read again, every model computes what it computed.</summary>
public sealed class RoundTripTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Names => [.. LayoutChoiceTests.Shapes.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_logits_are_the_same(string name)
    {
        using var model = TinySpec.Model(LayoutChoiceTests.Shapes[name].Spec);
        var expected = Passes.Logits(model);
        var saved = ModelFolder.Save(model, folder["standard"], new SaveOptions { Type = TensorType.F32 });
        using var loaded = ModelFolder.Load(folder["standard"]);
        Assert.Equal(LayoutChoiceTests.Shapes[name].Type, saved.Architecture.ModelType);
        Assert.Equal(saved.Architecture.ModelType, loaded.Layout);
        Assert.Equal(saved.WeightBytes, loaded.WeightBytes);
        // A folded scale is rounded into the weights; everything else keeps its bits.
        var folded = model.Mixtures.Any(m => m.Router.Spec.Scale != 1) && !saved.Architecture.CarriesScale;
        // Renormalised and softmax after selection are the same function of the logits.
        Assert.InRange(Passes.MaxDifference(expected, Passes.Logits(loaded.Model)), 0, folded ? 1e-5 : 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Our_own_layout_holds_every_shape_to_the_bit(string name)
    {
        var spec = LayoutChoiceTests.Shapes[name].Spec;
        using var model = TinySpec.Model(spec);
        ModelFolder.Save(model, folder["own"], new SaveOptions { Type = TensorType.F32, ModelType = "moesaic" });
        using var loaded = ModelFolder.Load(folder["own"]);
        Assert.Equal(spec.Layers, loaded.Model.Spec.Layers);
        Assert.Equal(Passes.Logits(model), Passes.Logits(loaded.Model));
        Assert.Empty(loaded.Notes);
    }

    public static TheoryData<int> Routers => RouterLayoutTests.Cases;

    [Theory]
    [MemberData(nameof(Routers))]
    public void Every_router_comes_back_with_its_weights(int number)
    {
        var spec = TinySpec.Of(new MixtureSpec(RouterLayoutTests.Unpublished[number].Router, [12, 12, 12, 12]));
        using var model = TinySpec.Model(spec);
        Assert.Equal(model.Parameters.Sum(p => (long)p.Value.Count), ParameterCounts.Of(spec).Total);
        ModelFolder.Save(model, folder["router"], new SaveOptions { Type = TensorType.F32 });
        using var loaded = ModelFolder.Load(folder["router"]);
        Assert.Equal("moesaic", loaded.Layout);
        Assert.Equal(spec.Layers, loaded.Model.Spec.Layers);
        var input = PassInput.Sequence(Passes.Tokens(12));
        (input.Tasks, input.Clusters) = (new int[12], new int[12]);
        Assert.Equal(Passes.Logits(model, input), Passes.Logits(loaded.Model, input));
    }

    [Fact]
    public void Halves_of_the_precision_are_rounded_once()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture()));
        ModelFolder.Save(model, folder["a"], new SaveOptions { Type = TensorType.BF16 });
        using var once = ModelFolder.Load(folder["a"]);
        Assert.Equal(TensorType.BF16, once.StoredType);
        Assert.InRange(Passes.MaxDifference(Passes.Logits(model), Passes.Logits(once.Model)), 1e-6, 0.5);
        ModelFolder.Save(once.Model, folder["b"], new SaveOptions { Type = TensorType.BF16 });
        Assert.Equal(File.ReadAllBytes(folder["a/model.safetensors"]), File.ReadAllBytes(folder["b/model.safetensors"]));
    }

    [Fact]
    public void Writing_does_not_change_the_model()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture(scale: 2.5f)));
        var before = Passes.Logits(model);
        ModelFolder.Save(model, folder["a"], new SaveOptions());
        Assert.Equal(before, Passes.Logits(model));
    }

    [Fact]
    public void Mixtral_keeps_its_own_names()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture()));
        ModelFolder.Save(model, folder["a"], new SaveOptions());
        using var store = TensorStore.Open(folder["a"]);
        Assert.Equal([TinySpec.Width, 12], store.Info("model.layers.0.block_sparse_moe.experts.3.w2.weight").Shape.ToArray());
        Assert.True(store.Contains("model.layers.0.block_sparse_moe.gate.weight"));
        Assert.True(store.Contains("model.layers.0.self_attn.o_proj.weight"));
    }
}

using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Heads;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Construction.Heads;

public sealed class AttentionSplitTests
{
    static readonly AttentionSpec Heads = new(8, 4, 6) { Norm = HeadNorm.Head };
    static readonly int[] Tokens = TinyModel.Tokens(40);

    static readonly PackedDataset Data = PackedDataset.Pack(
        Enumerable.Range(0, 30).Select(i => new TokenizedSample(TinyModel.Tokens(10 + i, i), null)), 48);

    static Model Dense() => TinyModel.Dense(attention: Heads);

    static SplitStepOptions Options(AttentionSplitOptions attention) => new()
    {
        Experts = 4, Chosen = 4, Method = SplitMethod.Contiguous, Router = RouterStart.Zeros, Scale = 4, Attention = attention,
        Calibration = new DataOptions { Path = "unused" },
    };

    static SplitPlan Plan(Model dense, AttentionSplitOptions attention)
    {
        var options = Options(attention);
        options.Check();
        return new SplitPlanner(options, 5, SilentProgress.Instance).Make(dense, Data);
    }

    /// <summary>All experts, zero routers, scale E: the dense model, feed-forward and all.</summary>
    [Theory]
    [InlineData(ExpertKeys.All, 1)]
    [InlineData(ExpertKeys.Routed, 1)]
    [InlineData(ExpertKeys.All, 2)]
    [InlineData(ExpertKeys.Routed, 2)]
    public void With_all_experts_on_it_is_the_dense_model(ExpertKeys keys, int parts)
    {
        using var dense = Dense();
        var plan = Plan(dense, new() { Chosen = 4 * parts, Keys = keys, Parts = parts, Scale = 4 * parts, Router = AttentionRouterStart.Zeros });
        using var split = Split.Apply(dense, plan);
        Assert.InRange(TinyModel.MaxDifference(TinyModel.Logits(dense, Tokens), TinyModel.Logits(split, Tokens)), 0, 2e-5);
        Assert.All(split.Spec.Layers, l => Assert.Equal(4 * parts, l.Attention.Experts!.Router.Experts));
        Assert.IsType<MixtureSpec>(split.Spec.Layers[0].FeedForward);
    }

    [Fact]
    public void With_weights_of_one_all_experts_are_the_dense_attention_whatever_the_router()
    {
        using var dense = Dense();
        using var split = Split.Apply(dense, Plan(dense, new()
        {
            Chosen = 4, Keys = ExpertKeys.Routed, Weight = CombineWeight.One, Scale = 1, Router = AttentionRouterStart.Normal, Only = true,
        }));
        Assert.InRange(TinyModel.MaxDifference(TinyModel.Logits(dense, Tokens), TinyModel.Logits(split, Tokens)), 0, 2e-5);
    }

    [Fact]
    public void The_fitted_scale_of_all_experts_is_their_number_and_its_error_small()
    {
        using var dense = Dense();
        var attention = Plan(dense, new() { Chosen = 4, Sharpness = 0.01, Only = true }).Attention!;
        Assert.All(attention.Layers, l => Assert.Equal(4, l.Scale, 0.05));
        Assert.All(attention.Layers, l => Assert.InRange(l.Error!.Value, 0, 1e-3));
        Assert.All(attention.Layers, l => Assert.Equal(1.0, l.Agreement));
    }

    [Theory]
    [InlineData(ExpertKeys.All)]
    [InlineData(ExpertKeys.Routed)]
    public void Routers_that_expect_what_heads_add_choose_better_than_random_ones(ExpertKeys keys)
    {
        using var dense = Dense();
        var attention = new AttentionSplitOptions { Chosen = 2, Keys = keys, Only = true };
        SplitPlan energy = Plan(dense, attention), normal = Plan(dense, attention with { Router = AttentionRouterStart.Normal });
        Assert.All(energy.Attention!.Layers, l => Assert.InRange(l.Agreement!.Value, 0.55, 1));       // 0.5 is chance
        Assert.All(energy.Attention!.Layers.Zip(normal.Attention!.Layers), l => Assert.True(l.First.Error < l.Second.Error));
        Assert.Empty(energy.Layers);
        using var split = Split.Apply(dense, energy);
        Assert.IsType<DenseSpec>(split.Spec.Layers[0].FeedForward);
    }

    [Fact]
    public void The_plan_and_the_checkpoint_keep_it()
    {
        using var folder = new TemporaryFolder();
        using var dense = Dense();
        var plan = Plan(dense, new() { Chosen = 3, Keys = ExpertKeys.Routed, Scale = 3 });
        plan.Save(folder["plan.json"]);
        var read = SplitPlan.Load(folder["plan.json"]);
        Assert.Equal(plan.ToJson(), read.ToJson());
        using Model split = Split.Apply(dense, plan), again = Split.Apply(dense, read);
        Assert.Equal(TinyModel.Logits(split, Tokens), TinyModel.Logits(again, Tokens));
        Assert.Equal("moesaic", ModelFolder.Save(split, folder["model"], new SaveOptions { Type = TensorType.F32 }).Architecture.ModelType);
        using var loaded = ModelFolder.Load(folder["model"]);
        Assert.Equal(TinyModel.Logits(split, Tokens), TinyModel.Logits(loaded.Model, Tokens));
        Assert.Equal((true, ExpertKeys.Routed), (loaded.Model.Spec.Layers[1].Attention.Experts!.KeepFirst, loaded.Model.Spec.Layers[1].Attention.Experts!.Keys));
    }

    /// <summary>Planned, divided and written with one layer in memory: the plan and the bytes of the whole, a layer that stays dense too.</summary>
    [Theory]
    [InlineData(ExpertKeys.All, true)]
    [InlineData(ExpertKeys.Routed, false)]
    public void A_layer_at_a_time_makes_the_same_plan_and_folder(ExpertKeys keys, bool only)
    {
        using var folder = new TemporaryFolder();
        using var dense = TinyModel.Dense(attention: Heads, layers: 3);
        ModelFolder.Save(dense, folder["dense"], new SaveOptions { Type = TensorType.F32 });
        var planner = new SplitPlanner(Options(new() { Chosen = 3, Keys = keys, Only = only }) with { DenseFirst = 1 }, 5, SilentProgress.Instance);
        using var stored = StoredLayers.Open(folder["dense"]);
        var plan = planner.Make(stored, Data, folder[""]);
        Assert.Equal(planner.Make(dense, Data).ToJson(), plan.ToJson());
        Assert.Equal([1, 2], plan.Attention!.Layers.Select(l => l.Layer));
        plan = plan with { Attention = plan.Attention with { Layers = [plan.Attention.Layers[0] with { Router = null }, plan.Attention.Layers[1]] } };

        using var split = Split.Apply(dense, plan);
        ModelFolder.Save(split, folder["whole"], new SaveOptions { Type = TensorType.F32 });
        using var pieces = new SplitLayers(stored, plan);
        ModelFolder.Save(pieces, folder["pieces"], new SaveOptions { Type = TensorType.F32 });
        foreach (var file in Directory.GetFiles(folder["whole"]))
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(folder["pieces"], Path.GetFileName(file))));
    }

    [Fact]
    public void Random_routers_of_attention_and_feed_forward_are_not_the_same()
    {
        using var dense = Dense();
        var options = Options(new() { Chosen = 4, Scale = 4, Router = AttentionRouterStart.Normal }) with { Router = RouterStart.Normal };
        using var split = Split.Apply(dense, new SplitPlanner(options, 5, SilentProgress.Instance).Make(dense, null));
        Assert.NotEqual(((ExpertAttention)split.Blocks[0].Attention).Router.Weight.Dense.Span.ToArray(),
            split.Mixtures.First().Router.Weight.Dense.Span.ToArray());
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_the_layer()
    {
        using var dense = Dense();
        using var biased = TinyModel.Dense(attention: new AttentionSpec(2, 1, 8, AttentionBias.All));
        using var latent = TinyModel.Dense(attention: new AttentionSpec(2, 2, 8) { Latent = new LatentSpec(6, 10, 4, 6) });
        Refused(dense, new() { Chosen = 5, Scale = 1, Router = AttentionRouterStart.Normal }, "layer 0: 5 experts per token of 4");
        Refused(dense, new() { Chosen = 5, Scale = 1, Router = AttentionRouterStart.Normal, Parts = 3 }, "cannot be cut into 3 parts");
        Refused(biased, new() { Chosen = 1, Scale = 1, Router = AttentionRouterStart.Normal }, "biases");
        Refused(latent, new() { Chosen = 1, Scale = 1, Router = AttentionRouterStart.Normal }, "latent");
        Assert.Contains("cannot learn", Assert.Throws<BadRequestException>(() =>
            Plan(dense, new() { Chosen = 1, Weight = CombineWeight.Renormalised })).Message, StringComparison.Ordinal);

        static void Refused(Model dense, AttentionSplitOptions attention, string said) => Assert.Contains(said,
            Assert.Throws<BadRequestException>(() => Split.Shape(dense.Spec, Plan(dense, attention))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Least_squares_recover_a_linear_map()
    {
        using Tensors.Tensor inputs = new(200, 12), map = new(3, 12), targets = new(200, 3), found = new(3, 12);
        ModelInitialiser.FillNormal(inputs.Span, new Random(1), 1);
        ModelInitialiser.FillNormal(map.Span, new Random(2), 1);
        Moesaic.Kernels.MatMul.Multiply(Moesaic.Kernels.MatMulForm.ABt, inputs.Span, map.Span, targets.Span, 200, 3, 12);
        LeastSquares.Fit(inputs, targets, found, damping: 1e-7);
        Assert.InRange(TinyModel.MaxDifference(map.Span.ToArray(), found.Span.ToArray()), 0, 1e-3);
    }
}

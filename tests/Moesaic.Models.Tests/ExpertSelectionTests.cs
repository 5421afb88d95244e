using Moesaic.Formats;
using Moesaic.Models.Experts;
using Moesaic.Models.Loading;

namespace Moesaic.Models.Tests;

public sealed class ExpertSelectionTests
{
    public static TheoryData<string> Routers => new(Kinds.Keys.Order(StringComparer.Ordinal));

    static readonly Dictionary<string, MixtureSpec> Kinds = new(StringComparer.Ordinal)
    {
        ["renormalised"] = TinySpec.Mixture(experts: 8),
        ["raw"] = TinySpec.Mixture(experts: 8, weight: CombineWeight.Raw, shared: 12),
        ["softmax after"] = TinySpec.Mixture(experts: 8, affinity: RouterAffinity.SoftmaxAfterSelection, scale: 2),
        ["one"] = TinySpec.Mixture(experts: 8, weight: CombineWeight.One),
        ["sigmoid and bias"] = TinySpec.SigmoidMixture(groups: false),
        ["groups"] = TinySpec.SigmoidMixture(),
        ["raw groups"] = TinySpec.SigmoidMixture(weight: CombineWeight.Raw),
        ["biases"] = Gated(),
        ["two layers"] = With(r => r with { Score = RouterScore.Mlp }),
        ["neurons"] = With(r => r with { Score = RouterScore.Swiglu }),
        ["cosine"] = With(r => r with { Score = RouterScore.Cosine, ScoreWidth = 5 }),
        ["learned noise"] = With(r => r with { Noise = RouterNoise.Learned }),
        ["near best"] = With(r => r with { Selection = new SelectionRule(SelectionKind.NearBest) { Threshold = 0.5f }, Weight = CombineWeight.Raw }),
        ["second above"] = With(r => r with { Selection = new SelectionRule(SelectionKind.SecondAbove) { Threshold = 0.3f } }),
        ["relu"] = With(r => r with { Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw }),
    };

    static MixtureSpec With(Func<RouterSpec, RouterSpec> change) => TinySpec.Mixture(experts: 8) is var m ? m with { Router = change(m.Router) } : m;

    static MixtureSpec Gated() => With(r => r with { Bias = true }) with { ExpertBias = true, Clamp = SwiGluClamp.Published };

    static readonly int[] keptExperts = [7, 0, 1, 4, 5, 6];     // of groups of two: all of the first, third and fourth

    [Theory]
    [MemberData(nameof(Routers))]
    public void Without_some_experts_is_as_if_nobody_may_choose_them(string kind)
    {
        var spec = TinySpec.Of(Kinds[kind], TinySpec.Dense(), Kinds[kind]);
        using var model = TinySpec.Model(spec);
        var selection = new ExpertSelection([new(0) { Experts = keptExperts }, new(1), new(2)]);
        using var part = Part(model, selection);

        Assert.Equal(6, ((MixtureSpec)part.Spec.Layers[0].FeedForward).Router.Experts);
        var dropped = Enumerable.Range(0, 8).Select(e => !keptExperts.Contains(e)).ToArray();
        var input = PassInput.Sequence(Passes.Tokens(20));
        input.DroppedExperts = new Dictionary<Router, ReadOnlyMemory<bool>> { [model.Mixtures.First().Router] = dropped };
        // A reduction over 6 logits and one over 8 of which two are nothing may round differently.
        Assert.InRange(Passes.MaxDifference(Passes.Logits(model, input), Passes.Logits(part, 20)), 0, 2e-5);
        Assert.NotEqual(Passes.Logits(model, 20), Passes.Logits(part, 20));
    }

    [Theory]
    [MemberData(nameof(Routers))]
    public void All_experts_are_the_model(string kind)
    {
        using var model = TinySpec.Model(TinySpec.Of(Kinds[kind], TinySpec.Dense()));
        using var part = Part(model, new([new(0) { Experts = [0, 1, 2, 3, 4, 5, 6, 7] }, new(1)]));
        Assert.Equal(model.Spec, part.Spec with { Layers = model.Spec.Layers });
        Assert.Equal(model.Spec.Layers, part.Spec.Layers);
        foreach (var (before, after) in model.Parameters.Zip(part.Parameters))
            Assert.True(before.Name == after.Name && before.Value.Span.SequenceEqual(after.Value.Span), before.Name);
    }

    [Theory]
    [MemberData(nameof(Routers))]
    public void Kept_rows_of_the_router_choose_in_vain(string kind)
    {
        var spec = TinySpec.Of(Kinds[kind]);
        using var model = TinySpec.Model(spec);
        using var part = Part(model, new([new(0) { Experts = [1, 0, 3, 5, 6], KeepsRouter = true }]));
        Assert.Equal([12, 12, 0, 12, 0, 12, 12, 0], ((MixtureSpec)part.Spec.Layers[0].FeedForward).ExpertWidths);

        // The same as experts that answer with zeros.
        foreach (var p in model.Parameters)
            if (new[] { "experts.2.down", "experts.4.down", "experts.7.down" }.Any(e => p.Name.Contains(e, StringComparison.Ordinal))) p.Value.Span.Clear();
        Assert.Equal(Passes.Logits(model, 20), Passes.Logits(part, 20));
    }

    [Fact]
    public void A_choice_of_an_absent_expert_is_counted_as_none()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture(experts: 8)));
        using var part = Part(model, new([new(0) { Experts = [0, 1, 2, 3], KeepsRouter = true }]));
        var statistics = part.NewStatistics();
        var input = PassInput.Sequence(Passes.Tokens(40));
        input.Statistics = statistics;
        Passes.Logits(part, input);
        Assert.InRange(statistics[0].PerToken, 0.1, 1.9);
        Assert.Equal([0, 0, 0, 0], statistics[0].Slots[4..].ToArray());
    }

    [Fact]
    public void Layers_and_feed_forwards_go()
    {
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture(), TinySpec.Dense(), TinySpec.Mixture(), TinySpec.Dense()));
        using var part = Part(model, new([new(0) { DropsFeedForward = true }, new(2) { Experts = [3, 1] }, new(3)]));
        Assert.Equal([typeof(AbsentSpec), typeof(MixtureSpec), typeof(DenseSpec)], part.Spec.Layers.Select(l => l.FeedForward.GetType()));

        // Zeros in the down projections are an absent feed-forward; in the output of attention as well, an absent layer.
        foreach (var p in model.Parameters)
            if (p.Name is "model.layers.0.mlp.experts.0.down_proj.weight" || (p.Name.StartsWith("model.layers.0.", StringComparison.Ordinal) && p.Name.Contains("down_proj", StringComparison.Ordinal))
                || p.Name is "model.layers.1.mlp.down_proj.weight" or "model.layers.1.self_attn.o_proj.weight") p.Value.Span.Clear();
        var input = PassInput.Sequence(Passes.Tokens(20));
        input.DroppedExperts = new Dictionary<Router, ReadOnlyMemory<bool>> { [model.Mixtures.Last().Router] = new[] { true, false, true, false } };
        Assert.InRange(Passes.MaxDifference(Passes.Logits(model, input), Passes.Logits(part, 20)), 0, 2e-5);
        Assert.Equal(part.Parameters.Sum(p => (long)p.Matrix.Rows * p.Matrix.Columns), ParameterCounts.Of(part.Spec).Total);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_part_of_a_folder_is_a_part_of_the_model(bool keepsRouter)
    {
        using var folder = new TemporaryFolder();
        using var model = TinySpec.Model(TinySpec.Of(Kinds["biases"], Kinds["groups"], TinySpec.Dense()));
        ModelFolder.Save(model, folder["whole"], new SaveOptions { Type = TensorType.F32 });
        ExpertSelection selection = new([new(0) { Experts = [5, 2, 3], KeepsRouter = keepsRouter }, new(1) { Experts = [1, 2, 0, 3, 4, 5], KeepsRouter = keepsRouter }]);
        using var expected = Part(model, selection);
        using var loaded = ModelFolder.Load(folder["whole"], selection: selection);
        Assert.Equal(expected.Spec.Layers, loaded.Model.Spec.Layers);
        foreach (var (a, b) in expected.Parameters.Zip(loaded.Model.Parameters))
            Assert.True(a.Name == b.Name && a.Value.Span.SequenceEqual(b.Value.Span), a.Name);

        // Written, it is read again as it is.
        using (var pieces = StoredLayers.Open(folder["whole"], selection))
            ModelFolder.Save(pieces, folder["part"], new SaveOptions { Type = TensorType.F32 });
        using var again = ModelFolder.Load(folder["part"]);
        Assert.Equal(expected.Spec.Layers, again.Model.Spec.Layers);
        Assert.Equal(Passes.Logits(expected), Passes.Logits(again.Model));
    }

    [Fact]
    public void Uniform_experts_keep_the_standard_layout()
    {
        var spec = TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture());
        var even = new ExpertSelection([new(0) { Experts = [0, 1] }, new(1) { Experts = [3, 1] }]).Shape(spec);
        Assert.Equal("mixtral", Moesaic.Models.Architectures.ArchitectureRegistry.MostStandard(even, out _).ModelType);
        foreach (var uneven in new ExpertSelection[]
        {
            new([new(0) { Experts = [0, 1] }, new(1) { Experts = [3, 1, 0] }]), new([new(0) { Experts = [0, 1], KeepsRouter = true }, new(1)]),
            new([new(0) { DropsFeedForward = true }, new(1)]),
        })
            Assert.Equal("moesaic", Moesaic.Models.Architectures.ArchitectureRegistry.MostStandard(uneven.Shape(spec), out _).ModelType);
    }

    [Theory]
    [InlineData("groups", new[] { 0, 1, 2, 4, 6 }, "keep equally many of every group")]
    [InlineData("groups", new[] { 0, 2, 4, 6 }, "by the best two experts")]
    [InlineData("groups", new[] { 0, 1 }, "at least that many")]
    [InlineData("raw", new[] { 0 }, "keep at least that many")]
    [InlineData("raw", new int[0], "drop its feed-forward")]
    [InlineData("raw", new[] { 0, 8 }, "expert 8 cannot be kept")]
    [InlineData("raw", new[] { 0, 1, 0 }, "kept twice")]
    public void What_makes_no_sense_is_refused(string kind, int[] kept, string message) =>
        Assert.Contains(message, Assert.Throws<BadRequestException>(() => new ExpertSelection([new(0) { Experts = kept }]).Shape(TinySpec.Of(Kinds[kind]))).Message, StringComparison.Ordinal);

    [Fact]
    public void Layers_are_checked()
    {
        var spec = TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture());
        foreach (var (layers, message) in new (LayerSelection[], string)[]
        {
            ([], "No layer"), ([new(2)], "layers 0 to 1"), ([new(1), new(0)], "must rise"), ([new(0) { Experts = [0] }], "has no experts"),
            ([new(1) { Experts = [0, 1], DropsFeedForward = true }], "one of the two"),
        })
            Assert.Contains(message, Assert.Throws<BadRequestException>(() => new ExpertSelection(layers).Shape(spec)).Message, StringComparison.Ordinal);
        Assert.Contains("hashes", Assert.Throws<BadRequestException>(() => new ExpertSelection([new(0) { Experts = [0, 1] }]).Shape(TinySpec.Of(With(r =>
            r with { Score = RouterScore.Hash, Key = RouterKey.TokenId })))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Gradients_of_what_stays_are_those_of_experts_that_answer_with_zeros()
    {
        using var whole = TinySpec.Model(TinySpec.Of(Kinds["renormalised"]));
        using var part = Part(whole, new([new(0) { Experts = [0, 1, 3, 5], KeepsRouter = true }]));
        foreach (var p in whole.Parameters)
            if (new[] { "experts.2.", "experts.4.", "experts.6.", "experts.7." }.Any(e => p.Name.Contains(e, StringComparison.Ordinal))) p.Value.Span.Clear();
        var (a, b) = (Gradient(whole), Gradient(part));
        Assert.InRange(Passes.MaxDifference(a, b), 0, 1e-4);
        Assert.Contains(b, g => Math.Abs(g) > 1e-3);

        static float[] Gradient(Model model)
        {
            var router = model["model.layers.0.mlp.gate.weight"];
            router.NeedsGradient = true;
            using var workspace = new Moesaic.Tensors.Workspace();
            workspace.Begin(recording: true);
            var logits = model.Logits(workspace, model.Hidden(workspace, PassInput.Sequence(Passes.Tokens(20))));
            var seed = Differences.Random(logits.Rows, logits.Columns, 5);
            seed.Span.CopyTo(workspace.AddedGradient(logits)!.Span);
            workspace.Backward();
            return router.Gradient!.Span.ToArray();
        }
    }

    static Model Part(Model model, ExpertSelection selection)
    {
        using var pieces = new SelectedLayers(new WholeModel(model), selection);
        var part = new Model(pieces.Spec);
        foreach (var name in new[] { "model.embed_tokens.weight", "model.norm.weight", "lm_head.weight" }) model[name].Span.CopyTo(part[name].Span);
        for (var l = 0; l < pieces.Spec.Layers.Count; l++)
        {
            using var piece = pieces.Layer(l);
            foreach (var p in piece.Parameters)
                if (ModelPieces.IsOfLayer(p.Name, out _, out _))
                    p.Value.Span.CopyTo(part[p.Name.Replace("layers.0.", $"layers.{l}.", StringComparison.Ordinal)].Span);
        }
        return part;
    }

    /// <summary>A model in memory, layer by layer.</summary>
    sealed class WholeModel(Model model) : ModelPieces
    {
        public override ModelSpec Spec => model.Spec;

        public override Model Embedding() => throw new InvalidOperationException();

        public override Model Head() => throw new InvalidOperationException();

        public override Model Layer(int layer)
        {
            var piece = new Model(Spec with { Layers = [Spec.Layers[layer]] });
            foreach (var p in piece.Parameters)
                if (ModelPieces.IsOfLayer(p.Name, out _, out _))
                    model[p.Name.Replace("layers.0.", $"layers.{layer}.", StringComparison.Ordinal)].Span.CopyTo(p.Value.Span);
            return piece;
        }
    }
}

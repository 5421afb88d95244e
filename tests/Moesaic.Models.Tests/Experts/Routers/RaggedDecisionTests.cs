using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

/// <summary>Decisions in general: the plain ones are a case of them, and every gradient is that of differences.</summary>
public sealed class RaggedDecisionTests
{
    const int Tokens = 7, Experts = 6;

    static readonly RouterSpec Plain = new() { Experts = Experts, Chosen = 2 };
    static readonly RouterSpec Raw = Plain with { Weight = CombineWeight.Raw, Scale = 1.5f };

    static readonly Dictionary<string, RouterSpec> AllPlain = new()
    {
        ["renormalised"] = Plain,
        ["raw"] = Raw,
        ["one"] = Plain with { Chosen = 1 },
        ["after"] = Plain with { Affinity = RouterAffinity.SoftmaxAfterSelection, Weight = CombineWeight.Raw },
        ["sigmoid"] = Raw with { Affinity = RouterAffinity.Sigmoid, SelectionBias = true },
        ["sigmoid, renormalised"] = Plain with { Affinity = RouterAffinity.Sigmoid, Scale = 2.5f },
        ["gain"] = Plain with { Weight = CombineWeight.One, Scale = 2 },
        ["groups"] = Raw with { Groups = new(3, 2, GroupScore.SumOfBestTwo) },
    };

    static readonly Dictionary<string, RouterSpec> General = new()
    {
        ["second above"] = Plain with { Selection = new(SelectionKind.SecondAbove) { Threshold = 0.343f } },
        ["second above, after"] = Plain with { Selection = new(SelectionKind.SecondAbove) { Threshold = 0.343f }, RenormaliseAfterDrops = true },
        ["above"] = Raw with { Selection = new(SelectionKind.Above) { Threshold = 1.2f } },
        ["above, renormalised"] = Plain with { Selection = new(SelectionKind.Above) { Threshold = 0.71f } },
        ["near best"] = Plain with { Selection = new(SelectionKind.NearBest) { Threshold = 0.69f }, Affinity = RouterAffinity.Sigmoid },
        ["share"] = Raw with { Selection = new(SelectionKind.Share) { Threshold = 0.7f } },
        ["average above"] = Raw with { Selection = new(SelectionKind.AverageAbove) { Threshold = 1 } },
        ["all"] = Raw with { Selection = new(SelectionKind.All) },
        ["all, gain"] = Plain with { Weight = CombineWeight.One, Selection = new(SelectionKind.All) },
        ["relu"] = Raw with { Affinity = RouterAffinity.Relu, Selection = new(SelectionKind.Positive) },
        ["relu, best"] = Raw with { Affinity = RouterAffinity.Relu },
        ["expert choice"] = Raw with { Selection = new(SelectionKind.ExpertChoice) },
        ["capacity"] = Plain with { Capacity = new(0.6f) },
        ["capacity, after"] = Plain with { Capacity = new(0.6f), RenormaliseAfterDrops = true },
        ["capacity, next"] = Raw with { Capacity = new(0.8f) { Overflow = CapacityOverflow.NextChoice, Order = CapacityOrder.Priority } },
        ["capacity, pass"] = Raw with { Capacity = new(0.6f) { Overflow = CapacityOverflow.PassThrough }, Scale = 1 },
        ["capacity, pass, renormalised"] = Plain with { Capacity = new(0.6f) { Overflow = CapacityOverflow.PassThrough } },
        ["pass"] = Plain with { Chosen = 1, Weight = CombineWeight.Raw, Affinity = RouterAffinity.Sigmoid, PassThrough = true },
        ["pass, capacity"] = Raw with { Scale = 1, PassThrough = true, Capacity = new(0.6f) },
        ["per group"] = Plain with { Groups = new(2, 2, GroupScore.Best) { PerGroup = 1 } },
        ["tree, raw"] = Raw with { Groups = new(3, 2, GroupScore.Own) },
        ["tree"] = Plain with { Chosen = 4, Groups = new(3, 2, GroupScore.Own) { PerGroup = 2 }, Weight = CombineWeight.RenormalisedByLevel, Scale = 1.5f },
        ["tree, uneven"] = Plain with { Chosen = 3, Groups = new(3, 2, GroupScore.Own), Weight = CombineWeight.RenormalisedByLevel },
        ["tree, capacity"] = Plain with { Chosen = 3, Groups = new(3, 2, GroupScore.Own), Weight = CombineWeight.RenormalisedByLevel, Capacity = new(0.6f) },
    };

    public static TheoryData<string> PlainCases => [.. AllPlain.Keys];

    public static TheoryData<string> GeneralCases => [.. General.Keys];

    [Theory]
    [MemberData(nameof(PlainCases))]
    public void Plain_decisions_are_a_case_of_the_general_ones(string name)
    {
        var spec = AllPlain[name];
        using var workspace = new Workspace();
        var router = RouterRun.Of(spec, spec.SelectionBias ? Differences.Random(1, Experts, 8) : null,
            spec.Weight == CombineWeight.One ? Differences.Random(1, Experts, 9) : null);
        var (plain, plainGradient) = Run(general: false);
        var (general, gradient) = Run(general: true);
        Assert.Equal(plain.Chosen, general.Chosen);
        for (var t = 0; t < Tokens; t++) Assert.InRange(Passes.MaxDifference(plain.Weights[t], general.Weights[t]), 0, 1e-6);
        Assert.InRange(Passes.MaxDifference(plainGradient, gradient), 0, 2e-6);

        (Decided, float[]) Run(bool general)
        {
            var logits = Differences.Random(Tokens, Experts, 1);
            logits.NeedsGradient = true;
            workspace.Begin(recording: true);
            var input = RouterRun.Input(3, 4);
            var decision = general ? RaggedDecision.Of(workspace, spec, router, logits, spec.Chosen, input) : default;
            var routing = general ? decision.Routing : PlainDecision.Of(workspace, spec, router, logits, spec.Chosen);
            Assert.True(PlainDecision.Fits(spec));
            routing.Weights.NeedsGradient = true;
            Differences.Random(routing.Weights.Rows, routing.Weights.Columns, 2).Span.CopyTo(workspace.AddedGradient(routing.Weights)!.Span);
            workspace.AddedGradient(logits);
            if (general) decision.AddGradient(workspace, logits, null);
            else PlainDecision.AddGradient(workspace, spec, router.Gain, logits, routing);
            return (Decided.Of(routing), logits.Gradient!.Span.ToArray());
        }
    }

    [Theory]
    [MemberData(nameof(GeneralCases))]
    public void Gradients_are_those_of_differences(string name)
    {
        var spec = General[name];
        Assert.True(!PlainDecision.Fits(spec) || name == "tree, raw");
        // Logits far enough apart that no step of the differences changes a choice.
        var random = new Random(12);
        var logits = new Tensor(Tokens, Experts);
        for (var t = 0; t < Tokens; t++)
        {
            var places = Enumerable.Range(0, Experts).OrderBy(_ => random.Next()).ToArray();
            for (var e = 0; e < Experts; e++) logits.Row(t)[e] = (0.4f + (0.1f * t)) * (places[e] - 2.6f);
        }
        var gain = spec.Weight == CombineWeight.One ? Differences.Random(1, Experts, 9) : null;
        var identity = RouterRun.Of(spec, gain: gain);
        Tensor? groups = null;
        if (spec.Groups is { Score: GroupScore.Own })
        {
            groups = Differences.Random(3, Experts, 4, 0.5);
            identity = new Router(spec, identity.Score) { GroupWeight = groups };
        }
        var input = RouterRun.Input(Tokens);
        Differences.Check(w =>
        {
            var routing = identity.Route(w, logits, input, null);
            return routing.Own is { } own ? [routing.Weights, own] : [routing.Weights];
        }, [logits, .. gain is null ? (Tensor[])[] : [gain], .. groups is null ? (Tensor[])[] : [groups]]);
    }

    [Fact]
    public void A_single_renormalised_choice_gives_the_router_no_gradient_at_all()
    {
        var spec = Plain with { Selection = new(SelectionKind.Above) { Threshold = 2 } };
        var logits = RouterRun.Rows(Experts, 5, 0, 0, 0, 0, 0.1f, 0, 0, 7, 0, 0, 0);
        logits.NeedsGradient = true;
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var routing = RouterRun.Of(spec).Route(workspace, logits, RouterRun.Input(2), null);
        Assert.Equal([0, 2], routing.Chosen.ToArray());
        workspace.AddedGradient(routing.Weights)!.Span.Fill(0.3f);
        workspace.Backward();
        Assert.All(logits.Gradient!.Span.ToArray(), g => Assert.Equal(0, g));
    }

    [Fact]
    public void The_mixture_adds_the_input_with_its_weight_and_the_gradients_of_both()
    {
        var router = Plain with { Experts = 4, Weight = CombineWeight.Raw, PassThrough = true, Capacity = new(0.5f) };
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture() with { Router = router }));
        var mixture = model.Mixtures.Single();
        var x = Differences.Random(5, TinySpec.Width, 3);
        var input = RouterRun.Input(5);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var routing = mixture.Router.Route(workspace, x, input, null);
        var y = mixture.Routed(workspace, x, input, null);
        var experts = mixture.Follow(workspace, x, routing with { Own = null });
        for (var t = 0; t < 5; t++)
        {
            Assert.Equal(1 - routing.Weights.Row(t).ToArray().Sum(), routing.Own!.Span[t], 1e-6);
            for (var d = 0; d < TinySpec.Width; d++) Assert.Equal(experts.Row(t)[d] + (routing.Own!.Span[t] * x.Row(t)[d]), y.Row(t)[d], 1e-5);
        }
        Differences.Check(w => [mixture.Follow(w, x, Decisions(w))], x);

        // Of given decisions: those of a router change where x moves.
        Routing Decisions(Workspace w)
        {
            var (weights, own) = (w.Rent(5, 2), w.Rent(5, 1));
            weights.Span.Fill(0.3f);
            own.Span.Fill(0.4f);
            return new Routing(new[] { 0, 1, 2, -1, -1, -1, 3, 0, 1, 2 }, weights, weights, own) { Own = own };
        }
    }

    [Fact]
    public void Whatever_a_router_does_its_experts_have_gradients_through_a_whole_model()
    {
        foreach (var spec in General.Values)
        {
            using var model = TinySpec.Model(TinySpec.Of(TinySpec.Mixture(experts: Experts) with { Router = spec }));
            foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = true;
            float[]? first = null;
            foreach (var recompute in new[] { false, true })
            {
                foreach (var parameter in model.Parameters) parameter.Value.Gradient?.Span.Clear();
                using var workspace = new Workspace();
                var input = RouterRun.Training(RouterRun.Input(5, 9));
                (input.Recompute, input.Objectives) = (recompute, new BalanceObjectives(0.1f, 0.01f));
                workspace.Begin(recording: true);
                workspace.CrossEntropy(model.Hidden(workspace, input), model.Head, input.Tokens.ToArray(), [.. Enumerable.Repeat(0.1f, 14)]);
                workspace.Backward();
                float[] gradients = [.. model.Parameters.SelectMany(p => p.Value.Gradient?.Span.ToArray() ?? [])];
                Assert.All(gradients, g => Assert.True(float.IsFinite(g)));
                Assert.Contains(model.Parameters.Where(p => p.Role == ParameterRole.Router).SelectMany(p => p.Value.Gradient?.Span.ToArray() ?? []), g => g != 0);
                first ??= gradients;
                Assert.Equal(first, gradients);
            }
        }
    }
}

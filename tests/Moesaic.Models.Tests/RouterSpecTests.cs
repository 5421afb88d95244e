using Moesaic.Formats;

namespace Moesaic.Models.Tests;

public class RouterSpecTests
{
    static readonly RouterSpec Plain = new() { Experts = 8, Chosen = 2 };
    static readonly RouterSpec Relu = Plain with { Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw, Selection = new(SelectionKind.Positive) };
    static readonly CapacitySpec Full = new(1);

    static readonly Dictionary<string, RouterSpec> Refusals = new()
    {
        ["temperature"] = Plain with { Temperature = 0 },
        ["multiplied by -1"] = Plain with { Norm = new(-1) },
        ["single expert"] = Plain with { Experts = 1, Chosen = 1, Norm = new(1) },
        ["0 tasks or clusters"] = Plain with { Key = RouterKey.Task, KeyWidth = 4 },
        ["3 tasks or clusters"] = Plain with { Keys = 3 },
        ["embedding of width 0"] = Plain with { Key = RouterKey.Task, Keys = 4 },
        ["embedding of width 5"] = Plain with { Key = RouterKey.Task, Keys = 4, KeyWidth = 5, Score = RouterScore.Table },
        ["table of logits"] = Plain with { Score = RouterScore.Table },
        ["need one another"] = Plain with { Score = RouterScore.Hash },
        ["seed of hashes"] = Plain with { HashSeed = 1 },
        ["only the cosine"] = Plain with { ScoreWidth = 4 },
        ["deviation of the noise of 0"] = Plain with { Noise = RouterNoise.Normal },
        ["deviation of the noise of 1"] = Plain with { NoiseDeviation = 1 },
        ["learned noise needs the token"] = Plain with { Noise = RouterNoise.Learned, Key = RouterKey.Sequence },
        ["hashes choose by themselves"] = Plain with { Key = RouterKey.TokenId, Score = RouterScore.Hash, Temperature = 2 },
        ["a router of their own"] = Plain with { Weight = CombineWeight.RenormalisedByLevel },
        ["raw"] = Relu with { Weight = CombineWeight.Renormalised },
        ["cannot be so after drops"] = Plain with { Weight = CombineWeight.Raw, RenormaliseAfterDrops = true },
        ["leave of 1"] = Plain with { PassThrough = true },
        ["3 experts of each of 2 groups"] = Plain with { Groups = new(4, 2, GroupScore.Best) { PerGroup = 3 } },
        ["need the token as key"] = Plain with { Groups = new(4, 2, GroupScore.Own), Affinity = RouterAffinity.Sigmoid },
        ["groups limit"] = Plain with { Groups = new(4, 2, GroupScore.Best), Selection = new(SelectionKind.All) },
        ["means nothing to the selection TopK"] = Plain with { Selection = SelectionRule.TopK with { Threshold = 1 } },
        ["sampled in training alone"] = Plain with { Selection = new(SelectionKind.SecondSampled) { Threshold = 0.5f } },
        ["needs 2 experts per token; there are 3"] = Plain with { Chosen = 3, Selection = new(SelectionKind.SecondAbove) { Threshold = 0.5f } },
        ["threshold of the selection NearBest is 2"] = Plain with { Selection = new(SelectionKind.NearBest) { Threshold = 2 } },
        ["those of ReLU"] = Plain with { Selection = new(SelectionKind.Positive) },
        ["before the softmax"] = Plain with { Affinity = RouterAffinity.SoftmaxAfterSelection, Selection = new(SelectionKind.All) },
        ["a bias on the selection goes with"] = Plain with { SelectionBias = true, Selection = new(SelectionKind.All) },
        ["learned noise goes with"] = Plain with { Noise = RouterNoise.Learned, Training = new() { Selection = new(SelectionKind.All) } },
        ["positive factor"] = Plain with { Capacity = new(0) },
        ["at random in training alone"] = Plain with { Capacity = Full with { Order = CapacityOrder.Random } },
        ["capacity by definition"] = Plain with { Selection = new(SelectionKind.ExpertChoice), Capacity = Full },
        ["next choice"] = Relu with { Capacity = Full with { Overflow = CapacityOverflow.NextChoice } },
        ["keeps its weight"] = Plain with { Capacity = Full with { Overflow = CapacityOverflow.PassThrough }, RenormaliseAfterDrops = true },
        ["is empty"] = Plain with { Training = new() },
        ["jitter of the input is 1"] = Plain with { Training = new() { InputJitter = 1 } },
        ["only hidden states"] = Plain with { Key = RouterKey.Task, Keys = 2, KeyWidth = 4, Training = new() { InputJitter = 0.1f } },
    };

    public static TheoryData<string> Reasons => [.. Refusals.Keys];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void What_means_nothing_or_has_no_definition_is_refused(string reason) => Assert.Contains(reason,
        Assert.Throws<BadModelException>(() => Refusals[reason].Validate("here")).Message, StringComparison.Ordinal);

    [Fact]
    public void What_a_decision_depends_on_follows_from_the_slots()
    {
        var first = Plain with { Chosen = 1 };
        Assert.Equal(RouterDependence.Token, (Plain with { Training = new() { Capacity = Full } }).Dependence);
        Assert.Equal(RouterDependence.Token, Relu.Dependence);
        Assert.Equal(RouterDependence.Token, (Plain with { Key = RouterKey.TokenId, Score = RouterScore.Hash }).Dependence);
        Assert.Equal(RouterDependence.EarlierTokens, (Plain with { Key = RouterKey.Prefix }).Dependence);
        Assert.Equal(RouterDependence.EarlierTokens, (Plain with { Capacity = Full with { Order = CapacityOrder.Position } }).Dependence);
        Assert.Equal(RouterDependence.EarlierTokens, (first with { Capacity = Full }).Dependence);
        RouterSpec[] others =
        [
            Plain with { Key = RouterKey.Sequence }, Plain with { Selection = new(SelectionKind.ExpertChoice) },
            Plain with { Selection = new(SelectionKind.AverageAbove) { Threshold = 1 } }, Plain with { Capacity = Full },
            first with { Capacity = Full with { Order = CapacityOrder.Priority } }, first with { Capacity = Full, Group = RoutingGroup.Pass },
            (Plain with { Training = new() { Capacity = Full } }).InTraining(),
        ];
        Assert.All(others, o => Assert.False(o.Causal));
    }

    [Fact]
    public void A_gradient_reaches_a_single_expert_when_others_compete_while_training()
    {
        var one = Plain with { Chosen = 1 };
        Assert.False(one.GradientReachesRouter);
        Assert.True((one with { Training = new() { Selection = new(SelectionKind.All) } }).GradientReachesRouter);
        // Nothing is to be reached.
        Assert.True((one with { Key = RouterKey.TokenId, Score = RouterScore.Hash }).GradientReachesRouter);
    }

    /// <summary>8 tokens, 4 experts, 2 choices, factor 1: the numbers of the published variants.</summary>
    [Theory]
    [InlineData(1, false, CapacityRounding.Down, 4, 1, 8, 4)]       // Mesh TensorFlow: the least number bites
    [InlineData(1, true, CapacityRounding.Up, 1, 4, 8, 4)]          // V-MoE
    [InlineData(1, true, CapacityRounding.Up, 4, 1, 8, 4)]          // DeepSpeed
    [InlineData(1.25f, false, CapacityRounding.Down, 1, 1, 8, 2)]
    [InlineData(1.25f, false, CapacityRounding.Nearest, 1, 1, 8, 3)]
    [InlineData(1.25f, true, CapacityRounding.Up, 1, 4, 7, 8)]
    [InlineData(1.1f, true, CapacityRounding.Up, 1, 1, 20, 11)]     // 20 · 2 · 1.1 / 4, not a rounding error more
    [InlineData(1e8f, true, CapacityRounding.Up, 1, 1, 1000000, int.MaxValue)]
    public void Places_of_the_published_capacities(float factor, bool perChoice, CapacityRounding rounding, int minimum, int multiple, int tokens, int places) =>
        Assert.Equal(places, new CapacitySpec(factor) { PerChoice = perChoice, Rounding = rounding, Minimum = minimum, Multiple = multiple }.Places(tokens, 2, 4));
}

using Moesaic.Formats;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

/// <summary>The router's weight is the identity here: what goes in are the logits.</summary>
public sealed class RouterTests : IDisposable
{
    static readonly float[] Fixture = [2, 1, 0, -1];

    readonly Workspace workspace = new();

    public void Dispose() => workspace.Dispose();

    static RouterSpec Spec(int chosen, CombineWeight weight = CombineWeight.Renormalised,
        RouterAffinity affinity = RouterAffinity.SoftmaxBeforeSelection, float scale = 1) =>
        new() { Experts = 4, Chosen = chosen, Weight = weight, Affinity = affinity, Scale = scale };

    static Tensor Identity()
    {
        var weight = new Tensor(4, 4) { NeedsGradient = true };
        for (var e = 0; e < 4; e++) weight.Row(e)[e] = 1;
        return weight;
    }

    static readonly PassInput AllCount = new() { Tokens = default, Positions = default, Segments = default };

    Routing Route(RouterSpec spec, Tensor logits, PassInput? input = null, RoutingStatistics? statistics = null, bool recording = false,
        Tensor? selectionBias = null)
    {
        workspace.Begin(recording);
        return new Router(spec, Identity(), selectionBias).Route(workspace, logits, input ?? AllCount, statistics);
    }

    static void Close(double[] expected, ReadOnlySpan<float> found)
    {
        Assert.Equal(expected.Length, found.Length);
        for (var i = 0; i < expected.Length; i++) Assert.Equal(expected[i], found[i], 1e-4);
    }

    [Fact]
    public void Probabilities_weights_and_logsumexp_by_hand()
    {
        var routing = Route(Spec(2), new Tensor(1, 4, Fixture));
        Assert.Equal([0, 1], routing.Chosen.ToArray());
        Close([0.6439, 0.2369, 0.0871, 0.0321], routing.Probabilities.Span);
        Close([0.7311, 0.2689], routing.Weights.Span);
        Close([2.4402], routing.LogSumExp.Span);
    }

    [Fact]
    public void Raw_weights_are_the_probabilities_and_a_scale_multiplies_them()
    {
        Close([0.6439, 0.2369], Route(Spec(2, CombineWeight.Raw), new Tensor(1, 4, Fixture)).Weights.Span);
        Close([1.6097, 0.5922], Route(Spec(2, CombineWeight.Raw, scale: 2.5f), new Tensor(1, 4, Fixture)).Weights.Span);
        Close([1.8276, 0.6724], Route(Spec(2, scale: 2.5f), new Tensor(1, 4, Fixture)).Weights.Span);
    }

    [Fact]
    public void Sigmoids_stand_alone_and_their_shares_sum_to_one()
    {
        var spec = Spec(2, CombineWeight.Raw, RouterAffinity.Sigmoid);
        var routing = Route(spec, new Tensor(1, 4, Fixture));
        Close([0.8808, 0.7311], routing.Weights.Span);
        Close([0.8808 / 2.3808, 0.7311 / 2.3808, 0.5 / 2.3808, 0.2689 / 2.3808], routing.Probabilities.Span);
        Close([2.4402], routing.LogSumExp.Span);
        Close([0.5464, 0.4536], Route(spec with { Weight = CombineWeight.Renormalised }, new Tensor(1, 4, Fixture)).Weights.Span);
    }

    [Fact]
    public void A_bias_on_the_selection_chooses_and_does_not_weigh()
    {
        var spec = Spec(2, CombineWeight.Raw, RouterAffinity.Sigmoid) with { SelectionBias = true };
        var routing = Route(spec, new Tensor(1, 4, Fixture), selectionBias: new Tensor(1, 4, [0, 0, 0, 1]));
        Assert.Equal([3, 0], routing.Chosen.ToArray());
        Close([0.2689, 0.8808], routing.Weights.Span);
    }

    [Theory]
    [InlineData(GroupScore.Best, 0, 1)]             // 2 is the best of all
    [InlineData(GroupScore.SumOfBestTwo, 3, 2)]     // 1.5 + 1.6 is more than 2 − 1
    public void Experts_outside_the_best_group_are_not_chosen(GroupScore score, int first, int second)
    {
        var spec = Spec(2, CombineWeight.Raw, RouterAffinity.Sigmoid) with { Groups = new ExpertGroups(2, 1, score) };
        Assert.Equal([first, second], Route(spec, new Tensor(1, 4, [2, -1, 1.5f, 1.6f])).Chosen.ToArray());
    }

    [Fact]
    public void Softmax_after_selection_equals_renormalised_softmax_before()
    {
        var logits = Random(20, 5);
        var before = Route(Spec(3), logits).Weights.Span.ToArray();
        foreach (var weight in new[] { CombineWeight.Raw, CombineWeight.Renormalised })
            Assert.Equal(before, Route(Spec(3, weight, RouterAffinity.SoftmaxAfterSelection), logits).Weights.Span.ToArray());
    }

    [Fact]
    public void Large_logits_do_not_overflow()
    {
        var routing = Route(Spec(2), new Tensor(2, 4, [1000, 999, 998, -1000, -1000, -1001, -1002, -5000]));
        Close([0.7311, 0.2689, 0.7311, 0.2689], routing.Weights.Span);
        Close([1000.4076, -999.5924], routing.LogSumExp.Span);
    }

    [Theory]
    [InlineData(1, CombineWeight.Raw, RouterAffinity.SoftmaxBeforeSelection)]
    [InlineData(2, CombineWeight.Raw, RouterAffinity.SoftmaxBeforeSelection)]
    [InlineData(2, CombineWeight.Renormalised, RouterAffinity.SoftmaxBeforeSelection)]
    [InlineData(3, CombineWeight.Raw, RouterAffinity.SoftmaxAfterSelection)]
    [InlineData(4, CombineWeight.Raw, RouterAffinity.SoftmaxBeforeSelection)]
    [InlineData(2, CombineWeight.Raw, RouterAffinity.Sigmoid)]
    [InlineData(3, CombineWeight.Renormalised, RouterAffinity.Sigmoid)]
    public void The_gradient_of_the_weights_is_that_of_their_formula(int chosen, CombineWeight weight, RouterAffinity affinity)
    {
        var spec = Spec(chosen, weight, affinity, scale: 2.5f);
        var (logits, seed) = (Random(6, 1), Random(6, 2));
        logits.NeedsGradient = true;
        var routing = Route(spec, logits, recording: true);
        var ids = routing.Chosen.ToArray();
        var dWeights = workspace.AddedGradient(routing.Weights)!;
        for (var i = 0; i < dWeights.Count; i++) dWeights.Span[i] = seed.Span[i];
        workspace.Backward();

        for (var t = 0; t < 6; t++)
            for (var e = 0; e < 4; e++)
            {
                var z = logits.Row(t).ToArray().Select(v => (double)v).ToArray();
                double At(double step)
                {
                    var moved = z.ToArray();
                    moved[e] += step;
                    var picked = ids[(t * chosen)..((t + 1) * chosen)];
                    var sigmoid = affinity == RouterAffinity.Sigmoid;
                    double Mass(double z) => sigmoid ? 1 / (1 + Math.Exp(-z)) : Math.Exp(z);
                    var sum = spec.SumsToScale ? picked.Sum(i => Mass(moved[i])) : sigmoid ? 1 : moved.Sum(Mass);
                    return picked.Select((i, j) => seed.Span[(t * chosen) + j] * 2.5 * Mass(moved[i]) / sum).Sum();
                }
                Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, logits.Gradient!.Row(t)[e], 1e-5);
            }
    }

    /// <summary>w = s (1 + g p): 1 at first, and gradients reach gain and router.</summary>
    [Fact]
    public void Weights_of_one_learn_their_gain()
    {
        var spec = Spec(2, CombineWeight.One, scale: 2.5f);
        var (logits, seed) = (Random(6, 1), Random(6, 2));
        logits.NeedsGradient = true;
        using var gain = new Tensor(1, 4) { NeedsGradient = true };
        workspace.Begin(recording: false);
        Assert.All(new Router(spec, new LinearScore(Identity()), gain: gain).Route(workspace, logits, AllCount, null).Weights.Span.ToArray(),
            w => Assert.Equal(2.5f, w));

        float[] gains = [0.5f, -1, 2, 0.3f];
        gains.CopyTo(gain.Span);
        workspace.Begin(recording: true);
        var routing = new Router(spec, new LinearScore(Identity()), gain: gain).Route(workspace, logits, AllCount, null);
        var ids = routing.Chosen.ToArray();
        seed.Span[..12].CopyTo(workspace.AddedGradient(routing.Weights)!.Span);
        workspace.Backward();
        for (var e = 0; e < 4; e++)
        {
            Assert.Equal((Objective(0, e, 0, 1e-6) - Objective(0, e, 0, -1e-6)) / 2e-6, gain.Gradient!.Span[e], 1e-4);
            for (var t = 0; t < 6; t++)
                Assert.Equal((Objective(t, e, 1e-6, 0) - Objective(t, e, -1e-6, 0)) / 2e-6, logits.Gradient!.Row(t)[e], 1e-4);
        }

        double Objective(int token, int expert, double step, double gainStep)
        {
            double sum = 0;
            for (var t = 0; t < 6; t++)
            {
                double[] mass = [.. Enumerable.Range(0, 4).Select(e => Math.Exp(logits.Row(t)[e] + (t == token && e == expert ? step : 0)))];
                for (var j = 0; j < 2; j++)
                {
                    var e = ids[(t * 2) + j];
                    sum += seed.Span[(t * 2) + j] * 2.5 * (1 + ((gains[e] + (e == expert ? gainStep : 0)) * mass[e] / mass.Sum()));
                }
            }
            return sum;
        }
    }

    [Fact]
    public void One_renormalised_expert_gives_the_router_no_gradient_and_a_raw_one_does()
    {
        foreach (var weight in new[] { CombineWeight.Raw, CombineWeight.Renormalised })
        {
            var logits = Random(6, 1);
            logits.NeedsGradient = true;
            var routing = Route(Spec(1, weight), logits, recording: true);
            workspace.AddedGradient(routing.Weights)!.Span.Fill(1);
            workspace.Backward();
            Assert.Equal(weight == CombineWeight.Raw, Spec(1, weight).GradientReachesRouter);
            Assert.Equal(weight == CombineWeight.Raw, logits.Gradient!.Span.ToArray().Any(g => g != 0));
            Assert.Equal(weight == CombineWeight.Renormalised, routing.Weights.Span.ToArray().All(w => w == 1));
        }
    }

    [Fact]
    public void Objectives_see_the_counted_tokens_alone()
    {
        // The same tokens alone, and with two more that do not count.
        var few = Random(4, 1);
        var many = new Tensor(6, 4, [.. few.Span, .. Random(2, 9).Span]);
        float[] Gradient(Tensor logits, PassInput input)
        {
            logits.NeedsGradient = true;
            var routing = Route(Spec(2), logits, input, recording: true);
            workspace.AddedGradient(routing.Weights);
            workspace.Backward();
            return logits.Gradient!.Span.ToArray();
        }
        var objectives = new BalanceObjectives(0.5f, 0.25f);
        var expected = Gradient(few, new PassInput { Tokens = default, Positions = default, Segments = default, Objectives = objectives });
        var found = Gradient(many, new PassInput
        {
            Tokens = default, Positions = default, Segments = default, Objectives = objectives,
            Counted = new[] { true, true, true, true, false, false },
        });
        Assert.Contains(expected, g => g != 0);
        Assert.Equal([.. expected, .. new float[8]], found);
    }

    [Fact]
    public void A_pass_without_counted_tokens_has_no_objective()
    {
        var logits = Random(2, 1);
        logits.NeedsGradient = true;
        var routing = Route(Spec(2), logits, new PassInput
        {
            Tokens = default, Positions = default, Segments = default, Objectives = new BalanceObjectives(1, 1), Counted = new bool[2],
        }, recording: true);
        workspace.AddedGradient(routing.Weights);
        workspace.Backward();
        Assert.All(logits.Gradient!.Span.ToArray(), g => Assert.Equal(0, g));
    }

    [Fact]
    public void Statistics_of_uniform_and_collapsed_routing()
    {
        var uniform = new RoutingStatistics(4);
        // Equal logits go to the lowest index: the probabilities are uniform, the load is not.
        Route(Spec(4), new Tensor(8, 4), statistics: uniform);
        Assert.Equal((Math.Log(4), Math.Log(4), 1, 1, 0), (uniform.TokenEntropy, uniform.LoadEntropy, uniform.MaxOverMean, uniform.LoadBalance, uniform.Dead));
        Assert.Equal(8, uniform.Tokens);

        var collapsed = new RoutingStatistics(4);
        Route(Spec(1), new Tensor(2, 4, [0, 90, 0, 0, 0, 80, 0, 0]), statistics: collapsed);
        Assert.Equal((0, 0, 4, 4, 3), (Math.Round(collapsed.TokenEntropy, 9), collapsed.LoadEntropy, collapsed.MaxOverMean,
            Math.Round(collapsed.LoadBalance, 6), collapsed.Dead));
        Assert.Equal(((90.0 * 90) + (80 * 80)) / 2, collapsed.ZLoss, 1e-3);
        collapsed.Clear();
        Assert.Equal((0, 0, 0), (collapsed.Tokens, collapsed.Dead, collapsed.TokenEntropy));
    }

    [Theory]
    [InlineData(3, 2, GroupScore.Best, "divide")]
    [InlineData(2, 3, GroupScore.Best, "at least one")]
    [InlineData(4, 1, GroupScore.Best, "fewer than the 2")]
    [InlineData(4, 2, GroupScore.SumOfBestTwo, "two best")]
    public void Groups_that_cannot_work_are_refused(int count, int kept, GroupScore score, string reason) => Assert.Contains(reason,
        Assert.Throws<BadModelException>(() => (Spec(2) with { Groups = new ExpertGroups(count, kept, score) }).Validate("here")).Message,
        StringComparison.Ordinal);

    [Fact]
    public void The_first_weight_is_reported_without_the_scale()
    {
        var statistics = new RoutingStatistics(4);
        Route(Spec(2, scale: 2.5f), new Tensor(1, 4, Fixture), statistics: statistics);
        Assert.Equal(0.7311, statistics.FirstWeight, 1e-4);
        Assert.Equal(5.9545, statistics.ZLoss, 1e-3);
    }

    static Tensor Random(int rows, int seed)
    {
        var tensor = new Tensor(rows, 4);
        ModelInitialiser.FillNormal(tensor.Span, new Random(seed), 1);
        return tensor;
    }
}

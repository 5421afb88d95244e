using Moesaic.Formats;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

public sealed class LogitTransformTests : IDisposable
{
    readonly Workspace workspace = new();

    public LogitTransformTests() => workspace.Begin(recording: false);

    public void Dispose() => workspace.Dispose();

    [Theory]
    [InlineData(LogitDeviation.Population, 1.3416, 0.6081)]
    [InlineData(LogitDeviation.Sample, 1.1619, 0.5646)]
    public void Normalised_logits_of_the_fixture(LogitDeviation deviation, double first, double probability)
    {
        var logits = RouterRun.Rows(4, 2, 1, 0, -1, 5, 5, 5, 5);
        var y = LogitScaling.Normalise(workspace, logits, new LogitNorm(1, deviation)).Span.ToArray();
        Assert.Equal(first, y[0], 1e-4);
        Assert.Equal(-y[0], y[3], 1e-6);
        Assert.Equal([0, 0, 0, 0], y[4..]);
        var spec = new RouterSpec { Experts = 4, Chosen = 1, Weight = CombineWeight.Raw, Norm = new(1, deviation) };
        Assert.Equal(probability, RouterRun.Route(spec, logits).Weights[0][0], 1e-4);
        Assert.Equal(2 * first, LogitScaling.Normalise(workspace, logits, new LogitNorm(2, deviation)).Span[0], 1e-4);
    }

    [Fact]
    public void Gradients_are_those_of_differences()
    {
        Tensor logits = Differences.Random(3, 5, 1), weight = Differences.Random(5, 4, 2), projection = Differences.Random(4, 6, 3),
            x = Differences.Random(3, 6, 4), temperature = new(1, 1, [0.7f]);
        Differences.Check(w => [LogitScaling.Normalise(w, logits, new(1.5f))], logits);
        Differences.Check(w => [LogitScaling.Normalise(w, logits, new(1.5f, LogitDeviation.Sample))], logits);
        Differences.Check(w => [LogitScaling.Divide(w, logits, 0.3f)], logits);
        Tensor groups = Differences.Random(3, 2, 5), experts = Differences.Random(3, 6, 6);
        Differences.Check(w => [TreeLogits.Join(w, groups, experts)], groups, experts);
        Differences.Check(w => [new CosineScore(projection, weight, temperature).Logits(w, x)], x, projection, weight, temperature);
        Differences.Check(w => [new CosineScore(null, projection, temperature).Logits(w, x)], x, projection, temperature);
        var draw = new NoiseDraw(1, 2, 3);
        Differences.Check(w => [InputJitter.Apply(w, x, 0.3f, draw, 1)], x);
        var gumbel = new RouterSpec { Experts = 5, Chosen = 1, Noise = RouterNoise.Gumbel };
        Differences.Check(w => [LogitNoise.Add(w, logits, gumbel, draw, 1)], logits);
    }

    [Fact]
    public void The_cosine_is_divided_by_its_temperature_and_knows_no_length()
    {
        Tensor x = RouterRun.Rows(2, 3, 4, 30, 40, 0, 0), weight = RouterRun.Rows(2, 3, 4, -8, 6, 5, 0);
        var z = new CosineScore(null, weight, new(1, 1, [0.5f])).Logits(workspace, x);
        Assert.Equal(new[] { 2, 0, 1.2f, 2, 0, 1.2f, 0, 0, 0 }, z.Span.ToArray().Select(v => MathF.Round(v, 5)));
        using var model = new Model(TinySpec.Of(TinySpec.Mixture() with { Router = new() { Experts = 4, Chosen = 2, Score = RouterScore.Cosine } }));
        ModelInitialiser.Randomise(model, 1);
        Assert.Equal(0.07f, model["model.layers.0.mlp.gate.temperature"].Span[0]);
    }

    [Fact]
    public void A_tree_of_two_routers_gives_products_and_by_level_shares_of_shares()
    {
        var spec = new RouterSpec { Experts = 4, Chosen = 2, Weight = CombineWeight.Raw, Groups = new(2, 2, GroupScore.Own) { PerGroup = 1 } };
        // Groups: softmax(1, 0) = .7311, .2689; within: softmax(2, 0) = .8808 and softmax(0, 1) = .7311.
        var decided = Decide(spec);
        Assert.Equal([0, 3], decided.Chosen[0]);
        Assert.Equal(0.7311 * 0.8808, decided.Weights[0][0], 1e-4);
        Assert.Equal(0.2689 * 0.7311, decided.Weights[0][1], 1e-4);
        var level = Decide(spec with { Weight = CombineWeight.RenormalisedByLevel, Scale = 2 });
        Assert.Equal(2 * 0.7311, level.Weights[0][0], 1e-4);
        Assert.Equal(2 * 0.2689, level.Weights[0][1], 1e-4);
        // One group, both of its experts.
        var one = Decide(spec with { Groups = new(2, 1, GroupScore.Own), Weight = CombineWeight.RenormalisedByLevel });
        Assert.Equal([0, 1], one.Chosen[0]);
        Assert.Equal(0.8808, one.Weights[0][0], 1e-4);

        Decided Decide(RouterSpec s)
        {
            s.Validate("here");
            var router = new Router(s, RouterRun.Of(s with { Groups = null, Weight = CombineWeight.Raw }).Score) { GroupWeight = RouterRun.Rows(4, 0.5f, 0, 0, 0, 0, 0, 0, 0) };
            return Decided.Of(router.Route(workspace, RouterRun.Rows(4, 2, 0, 0, 1), RouterRun.Input(1), null));
        }
    }

    [Fact]
    public void Jitter_disturbs_what_the_router_reads_and_not_what_experts_read()
    {
        var mixture = TinySpec.Mixture(chosen: 4, weight: CombineWeight.One);
        using var model = TinySpec.Model(TinySpec.Of(mixture with { Router = mixture.Router with { Training = new() { InputJitter = 0.5f } } }));
        model["model.layers.0.mlp.gate.gain"].Span.Clear();
        var calm = Passes.Logits(model);
        // With all experts and weights of one, the router's disturbance has no way to the output.
        var jittered = Passes.Logits(model, RouterRun.Training(PassInput.Sequence(Passes.Tokens(12))));
        Assert.InRange(Passes.MaxDifference(calm, jittered), 0, 1e-5);
        model["model.layers.0.mlp.gate.gain"].Span.Fill(1);
        calm = Passes.Logits(model);
        Assert.NotEqual(calm, Passes.Logits(model, RouterRun.Training(PassInput.Sequence(Passes.Tokens(12)))));
        // Evaluation is calm even where dice are at hand.
        var drawn = RouterRun.Training(PassInput.Sequence(Passes.Tokens(12)));
        drawn.Training = false;
        Assert.Equal(calm, Passes.Logits(model, drawn));
    }

    [Fact]
    public void Gumbel_noise_draws_from_the_softmax_and_normal_noise_has_its_deviation()
    {
        const int Tokens = 4000;
        var logits = RouterRun.Rows(4, [.. Enumerable.Repeat(new float[] { 2, 1, 0, -1 }, Tokens).SelectMany(f => f)]);
        var spec = new RouterSpec { Experts = 4, Chosen = 1, Weight = CombineWeight.Raw, Noise = RouterNoise.Gumbel };
        var input = RouterRun.Training(RouterRun.Input(Tokens));
        var load = RouterRun.Route(spec, logits, input).Load(4);
        for (var e = 0; e < 4; e++) Assert.Equal(new[] { 0.6439, 0.2369, 0.0871, 0.0321 }[e], load[e] / (double)Tokens, 0.03);

        var normal = LogitNoise.Add(workspace, logits, spec with { Noise = RouterNoise.Normal, NoiseDeviation = 0.1f }, input.Noise!.Value, 1);
        var noise = normal.Span.ToArray().Zip(logits.Span.ToArray(), (a, b) => (double)a - b).ToArray();
        Assert.Equal(0, noise.Average(), 0.003);
        Assert.Equal(0.1, Math.Sqrt(noise.Average(n => n * n)), 0.003);
    }

    [Fact]
    public void A_dropped_expert_is_chosen_by_nobody_and_gets_no_gradient()
    {
        var spec = new RouterSpec { Experts = 4, Chosen = 2 };
        foreach (var general in new[] { spec, spec with { Affinity = RouterAffinity.Sigmoid }, spec with { Selection = new(SelectionKind.Above), Weight = CombineWeight.Raw } })
        {
            var (router, input) = (RouterRun.Of(general), RouterRun.Input(9));
            input.DroppedExperts = new Dictionary<Router, ReadOnlyMemory<bool>> { [router] = new[] { false, true, false, true } };
            input.Objectives = new BalanceObjectives(1, 1);
            var logits = Differences.Random(9, 4, 6);
            logits.NeedsGradient = true;
            workspace.Begin(recording: true);
            var routing = router.Route(workspace, logits, input, null);
            workspace.AddedGradient(routing.Weights)!.Span.Fill(0.5f);
            workspace.Backward();
            Assert.All(Decided.Of(routing).Chosen.SelectMany(c => c), e => Assert.True(e % 2 == 0));
            for (var t = 0; t < 9; t++) Assert.Equal((0f, 0f), (logits.Gradient!.Row(t)[1], logits.Gradient.Row(t)[3]));
            Assert.All(logits.Gradient!.Span.ToArray(), g => Assert.True(float.IsFinite(g)));

            input.DroppedExperts = new Dictionary<Router, ReadOnlyMemory<bool>> { [router] = new[] { false, true, true, true } };
            Assert.Contains("1 are left", Assert.Throws<BadRequestException>(() => router.Route(workspace, logits, input, null)).Message, StringComparison.Ordinal);
        }
    }
}

using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

public sealed class RouterScoresTests : IDisposable
{
    static readonly RouterSpec TwoLayers = new() { Experts = 4, Chosen = 2, Score = RouterScore.Mlp };

    readonly Tensor x = Numbers(5, 6, 1), first = Numbers(4, 6, 2), second = Numbers(4, 4, 3);
    readonly Workspace workspace = new();

    public void Dispose() => workspace.Dispose();

    static Tensor Numbers(int rows, int columns, int seed)
    {
        var tensor = new Tensor(rows, columns) { NeedsGradient = true };
        ModelInitialiser.FillNormal(tensor.Span, new Random(seed), 0.7);
        return tensor;
    }

    // W₂ tanh(W₁ x) of one token and expert, in double precision.
    double Logit(int t, int e)
    {
        double sum = 0;
        for (var i = 0; i < 4; i++)
        {
            double hidden = 0;
            for (var d = 0; d < 6; d++) hidden += (double)first.Row(i)[d] * x.Row(t)[d];
            sum += second.Row(e)[i] * Math.Tanh(hidden);
        }
        return sum;
    }

    [Fact]
    public void Two_layers_are_their_formula()
    {
        workspace.Begin(recording: false);
        var logits = RouterScores.Of(TwoLayers, [first, second]).Logits(workspace, x);
        for (var t = 0; t < 5; t++)
            for (var e = 0; e < 4; e++) Assert.Equal(Logit(t, e), logits.Row(t)[e], 1e-5);
    }

    [Fact]
    public void The_gradients_of_two_layers_are_those_of_their_formula()
    {
        var seed = Numbers(5, 4, 4);
        workspace.Begin(recording: true);
        var logits = RouterScores.Of(TwoLayers, [first, second]).Logits(workspace, x);
        seed.Span.CopyTo(workspace.AddedGradient(logits)!.Span);
        workspace.Backward();
        foreach (var tensor in new[] { x, first, second })
            for (var i = 0; i < tensor.Count; i++)
            {
                var kept = tensor.Span[i];
                var (above, below) = (kept + 1e-3f, kept - 1e-3f);
                tensor.Span[i] = above;
                var up = Objective();
                tensor.Span[i] = below;
                var down = Objective();
                tensor.Span[i] = kept;
                Assert.Equal((up - down) / ((double)above - below), tensor.Gradient!.Span[i], 1e-5);
            }

        double Objective()
        {
            double sum = 0;
            for (var t = 0; t < 5; t++)
                for (var e = 0; e < 4; e++) sum += seed.Row(t)[e] * Logit(t, e);
            return sum;
        }
    }

    [Fact]
    public void A_neuron_scores_by_what_it_holds_with_its_gradient()
    {
        var spec = TwoLayers with { Score = RouterScore.Swiglu };
        Tensor up = Numbers(4, 6, 5), seed = Numbers(5, 4, 4);
        workspace.Begin(recording: true);
        var logits = RouterScores.Of(spec, [first, up]).Logits(workspace, x);
        Assert.Equal(Held(2, 3), logits.Row(2)[3], 1e-5);
        seed.Span.CopyTo(workspace.AddedGradient(logits)!.Span);
        workspace.Backward();
        foreach (var tensor in new[] { x, first, up })
            for (var i = 0; i < tensor.Count; i++)
            {
                var kept = tensor.Span[i];
                var (above, below) = (kept + 1e-3f, kept - 1e-3f);
                tensor.Span[i] = above;
                var higher = Objective();
                tensor.Span[i] = below;
                var lower = Objective();
                tensor.Span[i] = kept;
                Assert.Equal((higher - lower) / ((double)above - below), tensor.Gradient!.Span[i], 1e-4);
            }

        double Dot(Tensor rows, int e, int t) => Enumerable.Range(0, 6).Sum(d => (double)rows.Row(e)[d] * x.Row(t)[d]);

        double Held(int t, int e) => Math.Abs(Dot(first, e, t) / (1 + Math.Exp(-Dot(first, e, t))) * Dot(up, e, t));

        double Objective() => Enumerable.Range(0, 20).Sum(i => seed.Span[i] * Held(i / 4, i % 4));
    }

    [Fact]
    public void Names_counts_and_roles_of_a_model_follow_the_score()
    {
        var plain = TinySpec.Mixture();
        var spec = TinySpec.Of(plain with { Router = plain.Router with { Score = RouterScore.Mlp } });
        using var model = new Model(spec);
        var router = model.Parameters.Where(p => p.Role == ParameterRole.Router).ToArray();
        Assert.Equal(["model.layers.0.mlp.gate.gate_network.0.weight", "model.layers.0.mlp.gate.gate_network.2.weight"], router.Select(p => p.Name));
        Assert.Equal(router.Sum(p => p.Value.Count), ParameterCounts.Of(spec).Roles.Single(r => r.Role == ParameterRole.Router).Total);
        Assert.Equal(ParameterCounts.Of(spec).Total, ParameterCounts.Of(TinySpec.Of(plain)).Total + 16);
    }
}

using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts;

/// <summary>Routers whose logits are given: the score is the identity.</summary>
static class RouterRun
{
    /// <summary>Sequences of these lengths, one after the other.</summary>
    public static PassInput Input(params int[] lengths) => Passes.Packed(0, [.. lengths.Select(l => Passes.Tokens(l, l))]);

    public static Router Of(RouterSpec spec, Tensor? selectionBias = null, Tensor? gain = null)
    {
        spec.Validate("here");
        var identity = new Tensor(spec.Experts, spec.Experts);
        for (var e = 0; e < spec.Experts; e++) identity.Row(e)[e] = 1;
        return new Router(spec, new LinearScore(identity), selectionBias, gain) { Stream = 3 };
    }

    public static Decided Route(RouterSpec spec, Tensor logits, PassInput? input = null, RoutingStatistics? statistics = null)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        return Decided.Of(Of(spec).Route(workspace, logits, input ?? Input(logits.Rows), statistics));
    }

    /// <summary>The rows [a, b, ...] of a matrix of E columns.</summary>
    public static Tensor Rows(int experts, params float[] values) => new(values.Length / experts, experts, values);

    /// <summary>Training, with dice.</summary>
    public static PassInput Training(PassInput input, ulong seed = 5)
    {
        (input.Training, input.Noise) = (true, new NoiseDraw(seed, 2, 0));
        return input;
    }

    /// <summary>The same pass in other sequences.</summary>
    public static PassInput OneSequence(int tokens) => new()
    {
        Tokens = Passes.Tokens(tokens), Positions = Enumerable.Range(0, tokens).ToArray(),
        Segments = new[] { new AttentionSegment(0, tokens, 0, tokens) },
    };
}

/// <summary>A copy of decisions that outlives its pass.</summary>
/// <param name="Chosen">Per token its experts.</param>
/// <param name="Weights">Per token their weights.</param>
/// <param name="Own">Per token the weight of its own input, or empty.</param>
/// <param name="Dropped">Per token the choices it lost, or empty.</param>
/// <param name="Places">K'.</param>
sealed record Decided(int[][] Chosen, float[][] Weights, float[] Own, int[] Dropped, int Places)
{
    public static Decided Of(Routing routing)
    {
        var (rows, places) = (routing.Weights.Rows, routing.Weights.Columns);
        Assert.Equal(rows * places, routing.Chosen.Length);
        int[][] chosen = [.. Enumerable.Range(0, rows).Select(t => Selection.Filled(routing.Chosen.Span.Slice(t * places, places)).ToArray())];
        float[][] weights = [.. chosen.Select((c, t) => routing.Weights.Row(t)[..c.Length].ToArray())];
        for (var t = 0; t < rows; t++)
        {
            Assert.All(routing.Weights.Row(t)[chosen[t].Length..].ToArray(), w => Assert.Equal(0, w));
            Assert.All(routing.Chosen.ToArray()[((t * places) + chosen[t].Length)..((t + 1) * places)], e => Assert.Equal(-1, e));
            Assert.Equal(chosen[t].Length, chosen[t].Distinct().Count());
        }
        return new Decided(chosen, weights, routing.Own?.Span.ToArray() ?? [], routing.Dropped.ToArray(), places);
    }

    /// <summary>Tokens per expert.</summary>
    public int[] Load(int experts) => [.. Enumerable.Range(0, experts).Select(e => Chosen.Count(c => c.Contains(e)))];
}

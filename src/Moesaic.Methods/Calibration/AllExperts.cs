using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>Every expert on every token, some experts and some tokens at a time, so that memory does not grow with either.</summary>
static class AllExperts
{
    const int Tokens = 1024;

    /// <summary>Most rows that are there at a time.</summary>
    public const int Rows = 2048;

    /// <summary>Computes all, adds them up, and picks out what the router dispatched: the bits are those of computing that alone.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="layer">The mixture.</param>
    /// <param name="x">[T, D].</param>
    /// <param name="routing">What the router decided.</param>
    /// <param name="dispatch">The same, sorted by expert.</param>
    /// <param name="sums">Added to; the gate is the probability.</param>
    /// <param name="counted">Which tokens count.</param>
    /// <returns>[R, D].</returns>
    public static Tensor Outputs(Workspace workspace, MixtureFeedForward layer, Tensor x, in Routing routing, in Dispatch dispatch,
        OutputStatistics sums, ReadOnlyMemory<bool> counted)
    {
        var routed = workspace.Rent(dispatch.Tokens.Length, x.Columns);
        var gates = new float[Rows];
        var experts = sums.Experts;
        for (var first = 0; first < x.Rows; first += Tokens)
        {
            var count = Math.Min(Tokens, x.Rows - first);
            var together = Math.Clamp(Rows / count, 1, experts);
            for (var e = 0; e < experts; e += together)
            {
                using var scope = workspace.OpenScope();
                var some = Some(workspace, e, Math.Min(experts, e + together), first, count, experts);
                var outputs = layer.Outputs(workspace, x, some);
                for (var r = 0; r < some.Tokens.Length; r++) gates[r] = routing.Probabilities.Row(some.Tokens.Span[r])[e + (r / count)];
                sums.Add(outputs, some, gates, counted);
                for (var of = e; of < Math.Min(experts, e + together); of++)
                    for (var r = dispatch.Offsets[of]; r < dispatch.Offsets[of + 1]; r++)
                        if (dispatch.Tokens.Span[r] - first is >= 0 and var t && t < count)
                            outputs.Row(((of - e) * count) + t).CopyTo(routed.Row(r));
            }
        }
        return routed;
    }

    // Some neighbouring tokens, all of them for each of some neighbouring experts.
    static Dispatch Some(Workspace workspace, int firstExpert, int endExpert, int firstToken, int count, int experts)
    {
        int[] offsets = workspace.RentIndices(experts + 1), tokens = workspace.RentIndices((endExpert - firstExpert) * count);
        for (var e = 0; e <= experts; e++) offsets[e] = (Math.Clamp(e, firstExpert, endExpert) - firstExpert) * count;
        for (var r = 0; r < (endExpert - firstExpert) * count; r++) tokens[r] = firstToken + (r % count);
        return new Dispatch(offsets, tokens.AsMemory(0, (endExpert - firstExpert) * count), default);
    }
}

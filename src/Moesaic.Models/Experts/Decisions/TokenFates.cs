using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Experts;

/// <summary>Which tokens of a pass are too important to lose experts, and which not important enough to have any (<see cref="TokenProtection"/>).</summary>
static class TokenFates
{
    /// <summary>Ranks the tokens of each sequence of the pass.</summary>
    /// <param name="protection">The shares.</param>
    /// <param name="x">[T, D], what the experts see.</param>
    /// <param name="input">Sequences, and the attention tokens receive.</param>
    /// <returns>T fates.</returns>
    public static TokenFate[] Of(TokenProtection protection, Tensor x, PassInput input)
    {
        if (input.Received.Length < x.Rows) throw new InvalidOperationException("tokens are protected by the attention of their layer, which did not run before its experts");
        var fates = new TokenFate[x.Rows];
        foreach (var segment in input.Segments.Span)
        {
            var count = segment.QueryCount;
            if (count < 2) continue;
            var importance = new float[count];
            for (var i = 0; i < count; i++)
                importance[i] = -TensorPrimitives.SumOfMagnitudes<float>(x.Row(segment.QueryStart + i)) * input.Received[segment.QueryStart + i];
            int[] order = [.. Enumerable.Range(0, count)];
            Array.Sort(importance, order);      // of equal ones any: what matters is how many
            for (var i = 0; i < (int)Math.Ceiling(protection.Protected * count); i++) fates[segment.QueryStart + order[i]] = TokenFate.Protected;
            for (var i = 0; i < (int)(protection.Dropped * count); i++)
                if (fates[segment.QueryStart + order[count - 1 - i]] == TokenFate.Plain) fates[segment.QueryStart + order[count - 1 - i]] = TokenFate.Dropped;
        }
        return fates;
    }
}

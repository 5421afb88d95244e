using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// <see cref="RouterScore.Hash"/>: the logit 0 for the K experts of a token's id and −∞ for the others (Roller et al. 2021). Nothing is learned.
/// </summary>
/// <param name="experts">E.</param>
/// <param name="chosen">K.</param>
/// <param name="seed">Of the draws, or null for id mod E and those after it.</param>
sealed class HashedKey(int experts, int chosen, ulong? seed) : IRouterKey
{
    public Tensor Of(Workspace workspace, Tensor x, PassInput input)
    {
        var logits = workspace.Rent(x.Rows, experts);
        logits.Span.Fill(float.NegativeInfinity);
        var ids = input.Tokens.Span;
        for (var t = 0; t < x.Rows; t++)
        {
            var z_E = logits.Row(t);
            var state = seed is { } given ? SplitMix.Mix(SplitMix.Mix(given + SplitMix.Gamma) + (ulong)ids[t]) : 0;
            for (var j = 0; j < chosen;)
            {
                var e = seed is null ? (ids[t] + j) % experts : (int)(((SplitMix.Mix(state += SplitMix.Gamma) >> 32) * (ulong)experts) >> 32);
                if (z_E[e] == 0) continue;
                z_E[e] = 0;
                j++;
            }
        }
        return logits;
    }
}

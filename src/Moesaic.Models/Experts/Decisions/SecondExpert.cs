namespace Moesaic.Models.Experts;

/// <summary>Whether the second of two experts is kept (GShard; Mesh TensorFlow's policies "threshold" and "random").</summary>
static class SecondExpert
{
    /// <summary>Marks the second choice of a token where it is left out.</summary>
    /// <param name="rule">Which of the two policies, and its threshold.</param>
    /// <param name="a_E">The token's affinities.</param>
    /// <param name="picks">Two choices; changed.</param>
    /// <param name="token">Its row.</param>
    /// <param name="draw">Where the dice come from, or null: a second expert that would be sampled is kept.</param>
    /// <param name="stream">The router's own numbers.</param>
    public static void Decide(SelectionRule rule, ReadOnlySpan<float> a_E, in Picks picks, int token, NoiseDraw? draw, int stream)
    {
        var codes = picks.Of(token);
        double first = a_E[codes[0]], second = a_E[codes[1]], share = second / (first + second);
        var kept = rule.Kind == SelectionKind.SecondAbove ? share > rule.Threshold
            : draw is not { } dice || dice.Uniform(NoiseUse.Second, stream, token) * rule.Threshold < share;
        if (!kept) codes[1] = picks.Marked(codes[1], PickState.LeftOut);
    }
}

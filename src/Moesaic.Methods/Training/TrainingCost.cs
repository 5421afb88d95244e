using Moesaic.Models;

namespace Moesaic.Methods.Training;

/// <summary>What training costs, estimated from the shape alone.</summary>
public static class TrainingCost
{
    // Sustained by one thread of a server core in a training step; plans say "about".
    const double FlopsPerThread = 40e9;

    /// <summary>Seconds for a number of tokens: 6 operations per active parameter and token.</summary>
    public static double Seconds(long activeParameters, long tokens, int threads) =>
        6.0 * activeParameters * tokens / (FlopsPerThread * threads);

    /// <summary>
    /// The share of those operations that is left with adapters alone, whose matrices need no gradient of their own, and that comes
    /// on top where layers are computed again.
    /// </summary>
    public static double Share(OptimisationOptions options) => (options.Lora is null ? 1 : 2.0 / 3) + (options.Recompute ? 1.0 / 3 : 0);

    /// <summary>Bytes: weights, gradients and two moments in float32, and what a pass keeps for its backward.</summary>
    public static long PeakBytes(ModelSpec spec, long parameters, long tokensPerPass) =>
        (4 * sizeof(float) * parameters) + PassBytes(spec, tokensPerPass, recompute: false);

    /// <summary>Bytes that a recorded pass keeps for its backward.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="tokens">In a pass.</param>
    /// <param name="recompute">Whether only the inputs of layers are kept, and one layer's pass at a time.</param>
    public static long PassBytes(ModelSpec spec, long tokens, bool recompute)
    {
        long[] layers = [.. spec.Layers.Select(l => PerToken(l, spec.Width))];
        // What a pass was measured to take, a tenth to a quarter on top.
        var kept = recompute ? ((long)spec.Width * layers.Length) + (layers.Max() * 9 / 4) : layers.Sum() * 5 / 4;
        return sizeof(float) * tokens * kept;
    }

    static long PerToken(LayerSpec layer, int width)
    {
        var attention = layer.Attention;
        // Attention experts with shared keys compute the queries that are chosen alone, and lay them out once more.
        var queries = attention.Experts is { Keys: ExpertKeys.Shared, Router: var router }
            ? 5L * attention.QueryHeads / router.Experts * router.InTraining().PerToken : 3L * attention.QueryHeads;
        var perToken = (8L * width) + ((queries + (3L * attention.KeyValueHeads)) * attention.PaddedDim);
        // A latent's heads are put together from their parts.
        if (attention.Latent is not null) perToken += 6L * attention.QueryHeads * attention.PaddedDim;
        if (attention.Experts is { Router: var groups }) perToken += groups.InTraining().PerToken * 2L * width;
        return perToken + layer.FeedForward switch
        {
            MixtureSpec m => (m.Router.InTraining().PerToken * ((2L * width) + ((long)m.Activation.Matrices() * m.ExpertWidths.Max())))
                + ((long)m.Activation.Matrices() * m.SharedWidth) + (3L * m.Router.Experts),
            DenseSpec d => (long)d.Activation.Matrices() * d.Width,
            _ => 0,
        };
    }
}

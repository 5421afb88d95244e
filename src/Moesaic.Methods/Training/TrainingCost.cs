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

    /// <summary>Bytes: weights, gradients and two moments in float32, and what a pass keeps for its backward.</summary>
    public static long PeakBytes(ModelSpec spec, long parameters, long tokensPerPass)
    {
        long perToken = 0;
        foreach (var layer in spec.Layers)
        {
            var attention = layer.Attention;
            perToken += (8L * spec.Width) + (3L * (attention.QueryHeads + attention.KeyValueHeads) * attention.PaddedDim);
            // A latent's heads are put together from their parts.
            if (attention.Latent is not null) perToken += 6L * attention.QueryHeads * attention.PaddedDim;
            perToken += layer.FeedForward switch
            {
                MixtureSpec m => (m.Router.Chosen * ((2L * spec.Width) + (3L * m.ExpertWidths.Max()))) + (3L * m.SharedWidth) + (3L * m.Router.Experts),
                DenseSpec d => 3L * d.Width,
                _ => 0,
            };
        }
        return sizeof(float) * ((4 * parameters) + (tokensPerPass * perToken * 3 / 2));
    }
}

using Moesaic.Kernels;

namespace Moesaic.Inference;

/// <summary>A token and how likely it was.</summary>
/// <param name="Id">Token id.</param>
/// <param name="LogProbability">Natural logarithm of its probability; −∞ when it was impossible.</param>
public readonly record struct TokenLogProbability(int Id, float LogProbability);

/// <summary>
/// The log-probabilities of tokens as the model computed them: log softmax of the logits, before bias, penalties, temperature
/// and filters. Allocates once.
/// </summary>
/// <param name="vocabularySize">V, the number of logits.</param>
/// <remarks>For one thread.</remarks>
public sealed class LogProbabilities(int vocabularySize)
{
    readonly float[] probabilities = new float[vocabularySize];
    readonly TokenHeap heap = new(vocabularySize);

    /// <summary>Computes.</summary>
    /// <param name="logits">V logits, none NaN or +∞, one or more finite.</param>
    /// <param name="chosen">The token that was chosen.</param>
    /// <param name="top">Is filled with the most likely tokens, most likely first, equal ones by id; may be empty.</param>
    /// <returns>The chosen token's log-probability.</returns>
    public float Of(ReadOnlySpan<float> logits, int chosen, Span<TokenLogProbability> top)
    {
        Softmax.Rows(logits, logits.Length, probabilities);
        var best = 0;
        for (var id = 1; id < logits.Length; id++) if (logits[id] > logits[best]) best = id;
        // The most likely token's probability is 1 / Σ e^(z − max).
        var total = logits[best] - MathF.Log(probabilities[best]);
        if (top.Length > 0) heap.Fill(logits);
        foreach (ref var entry in top)
        {
            var id = heap.Pop(logits);
            entry = new TokenLogProbability(id, logits[id] - total);
        }
        return logits[chosen] - total;
    }
}

using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>What changes single logits: the bias, then the penalties of tokens that were there.</summary>
sealed class Penalties
{
    readonly SamplingOptions options;
    readonly (int Id, float Value)[] bias;
    readonly int[] counts;
    readonly bool any;

    public Penalties(SamplingOptions options, int vocabularySize)
    {
        this.options = options;
        bias = [.. options.LogitBias.Select(pair => (pair.Key, pair.Value))];
        foreach (var (id, _) in bias)
            if ((uint)id >= (uint)vocabularySize)
                throw new BadRequestException($"The logit bias names token {id}; the model has tokens 0 to {vocabularySize - 1}.");
        any = options.RepetitionPenalty != 1 || options.FrequencyPenalty != 0 || options.PresencePenalty != 0;
        counts = new int[any ? vocabularySize : 0];
    }

    public void Apply(Span<float> scores, ReadOnlySpan<int> context)
    {
        foreach (var (id, value) in bias) scores[id] += value;
        if (!any) return;
        var window = context[Math.Max(0, context.Length - options.RepetitionWindow)..];
        foreach (var id in window) counts[id]++;
        foreach (var id in window)
        {
            // The first visit does all and leaves zero for the next window.
            if (counts[id] == 0) continue;
            var score = scores[id];
            score = score > 0 ? score / options.RepetitionPenalty : score * options.RepetitionPenalty;
            scores[id] = score - (counts[id] * options.FrequencyPenalty) - options.PresencePenalty;
            counts[id] = 0;
        }
    }
}

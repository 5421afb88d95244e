using Moesaic.Inference;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Answers;

/// <summary>What all texts of a request took. Texts of the same prompt share it.</summary>
sealed class UsageSum
{
    readonly HashSet<int> prompts = [];
    int promptTokens, cachedTokens, completionTokens, decodedTokens;
    TimeSpan queued, prompt, first, generation;

    public int PromptTokens => promptTokens;

    public int CompletionTokens => completionTokens;

    /// <summary>Takes the end of a text.</summary>
    /// <param name="number">Which prompt.</param>
    /// <param name="usage">What it took.</param>
    public void Add(int number, GenerationUsage usage)
    {
        if (prompts.Add(number))
        {
            promptTokens += usage.PromptTokens;
            cachedTokens += usage.CachedTokens;
        }
        completionTokens += usage.CompletionTokens;
        // The first token of a text comes with its prompt.
        decodedTokens += Math.Max(0, usage.CompletionTokens - 1);
        queued = Longer(queued, usage.QueueTime);
        prompt = Longer(prompt, usage.PrefillTime);
        first = Longer(first, usage.QueueTime + usage.PrefillTime);
        generation = Longer(generation, usage.DecodeTime);
    }

    public Usage Total => new(promptTokens, completionTokens, promptTokens + completionTokens, new PromptTokensDetails(cachedTokens));

    /// <param name="routed">Of the texts, when routing was asked for.</param>
    public MoesaicAnswer Details(IEnumerable<RoutedTokens> routed)
    {
        var counts = routed.Select(r => r.Counts).Aggregate((Layers: 0L, Experts: 0L), (a, b) => (a.Layers + b.Layers, a.Experts + b.Experts));
        var seconds = generation.TotalSeconds;
        return new MoesaicAnswer(
            new Timings(Milliseconds(queued), Milliseconds(prompt), Milliseconds(first), Milliseconds(generation), seconds > 0 ? Math.Round(decodedTokens / seconds, 3) : 0),
            counts.Layers > 0 ? Math.Round((double)counts.Experts / counts.Layers, 4) : null);
    }

    static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}

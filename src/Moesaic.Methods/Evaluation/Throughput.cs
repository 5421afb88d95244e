using System.Diagnostics;
using Moesaic.Inference;
using Moesaic.Models;

namespace Moesaic.Methods.Evaluation;

/// <summary>
/// How fast a model runs one sequence on this machine, in all threads of the team: medians over the repeats. The tokens are
/// given, so models are compared on the same work; choosing tokens and decoding them to text is not part of it.
/// </summary>
/// <param name="PrefillTokensPerSecond">Tokens of the prompt per second.</param>
/// <param name="DecodeTokensPerSecond">Passes of one token per second, after the prompt.</param>
/// <param name="PromptTokens">Length of the prompt.</param>
/// <param name="DecodedTokens">Passes of one token per repeat.</param>
/// <param name="Repeats">Timed runs; one more before them is not timed.</param>
public sealed record Throughput(
    double PrefillTokensPerSecond, double DecodeTokensPerSecond, int PromptTokens, int DecodedTokens, int Repeats)
{
    /// <summary>Measures.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="tokens">The sequence, at most as long as the model's context; text, because routing depends on it.</param>
    /// <param name="promptTokens">How many of them are the prompt; the others follow one by one. 1 to the length − 1.</param>
    /// <param name="repeats">Timed runs, 1 or more.</param>
    /// <param name="progress">Is told the number of timed runs done, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <param name="task">Number of the task, for a model whose routers decide by one; otherwise −1.</param>
    public static Throughput Measure(Model model, ReadOnlySpan<int> tokens, int promptTokens, int repeats,
        Action<int>? progress = null, CancellationToken cancellation = default, int task = -1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(promptTokens, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(promptTokens, tokens.Length);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        using var decoder = new SequenceDecoder(model, tokens.Length, task: task);
        double[] prefill = new double[repeats], decode = new double[repeats];
        for (var run = -1; run < repeats; run++)
        {
            decoder.Rewind(0);
            var start = Stopwatch.GetTimestamp();
            decoder.Next(tokens[..promptTokens], cancellation);
            var between = Stopwatch.GetTimestamp();
            foreach (var token in tokens[promptTokens..])
            {
                cancellation.ThrowIfCancellationRequested();
                decoder.Next(token);
            }
            if (run < 0) continue;
            prefill[run] = promptTokens / Stopwatch.GetElapsedTime(start, between).TotalSeconds;
            decode[run] = (tokens.Length - promptTokens) / Stopwatch.GetElapsedTime(between).TotalSeconds;
            progress?.Invoke(run + 1);
        }
        return new Throughput(Median(prefill), Median(decode), promptTokens, tokens.Length - promptTokens, repeats);
    }

    static double Median(double[] values)
    {
        Array.Sort(values);
        var middle = values.Length / 2;
        return values.Length % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    }
}

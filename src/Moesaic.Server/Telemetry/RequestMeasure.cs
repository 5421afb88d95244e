using System.Diagnostics;
using Moesaic.Server.Errors;

namespace Moesaic.Server.Telemetry;

/// <summary>What is known of a request at its end. Null: it did not come so far.</summary>
/// <param name="Operation">chat, text_completion or embeddings.</param>
/// <param name="Model">The model.</param>
/// <param name="Seconds">From its arrival to its end.</param>
/// <param name="Error">What kind of failure ended it.</param>
/// <param name="FirstTokenSeconds">Until the first token.</param>
/// <param name="SecondsPerToken">After the first, each.</param>
/// <param name="InputTokens">Of the prompts.</param>
/// <param name="OutputTokens">Of the answers.</param>
readonly record struct RequestFigures(
    string Operation, string Model, double Seconds, string? Error, double? FirstTokenSeconds, double? SecondsPerToken, int? InputTokens, int? OutputTokens);

/// <summary>Measures one request, from its making to its disposal.</summary>
sealed class RequestMeasure(ServerMetrics metrics, string operation, string model) : IDisposable
{
    readonly long start = Stopwatch.GetTimestamp();
    long first, last;
    int? input, output;
    string? error;

    /// <summary>Something was generated.</summary>
    public void Token()
    {
        last = Stopwatch.GetTimestamp();
        if (first == 0) first = last;
    }

    /// <summary>It ended.</summary>
    public void End(int inputTokens, int? outputTokens) => (input, output) = (inputTokens, outputTokens);

    /// <summary>It failed, or nobody waits for it any more.</summary>
    public void Fail(Exception failure, bool abandoned) =>
        error = abandoned ? "cancelled" : Refusal.Of(failure) is { } known ? known.Code ?? ((int)known.Status).ToString(System.Globalization.CultureInfo.InvariantCulture) : "internal_error";

    public void Dispose() => metrics.Record(new RequestFigures(operation, model, Stopwatch.GetElapsedTime(start).TotalSeconds, error,
        first == 0 ? null : Stopwatch.GetElapsedTime(start, first).TotalSeconds,
        output > 1 ? Stopwatch.GetElapsedTime(first, last).TotalSeconds / (output - 1) : null, input, output));
}

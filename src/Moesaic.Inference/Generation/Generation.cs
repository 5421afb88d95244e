using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>A text on its way, in an <see cref="Engine"/>. Dispose it to stop before its end.</summary>
public sealed class Generation : IDisposable
{
    readonly Engine engine;
    readonly BatchSequence sequence;
    readonly Sampler sampler;
    readonly GeneratedText text;
    readonly int? logProbabilities;
    readonly int promptTokens;
    readonly long start = Stopwatch.GetTimestamp();
    readonly List<int> tokens = [];
    readonly List<ChosenToken> chosen = [];
    long firstToken;
    MoesaicException? failure;
    GenerationResult? result;

    internal Generation(Engine engine, BatchSequence sequence, Sampler sampler, GeneratedText text, int? logProbabilities)
    {
        (this.engine, this.sequence, this.sampler, this.text, this.logProbabilities) = (engine, sequence, sampler, text, logProbabilities);
        promptTokens = sequence.Length;
    }

    /// <summary>Whether it ended, well or not; disposed before its end it never does.</summary>
    public bool HasEnded => result is not null || failure is not null;

    /// <summary>The ids so far; the one that ended the text, if any, included.</summary>
    public IReadOnlyList<int> Tokens => tokens;

    /// <summary>What was generated.</summary>
    /// <exception cref="InvalidOperationException">It has not ended.</exception>
    /// <exception cref="BadModelException">It ended because the model computed no usable logits.</exception>
    /// <exception cref="BadRequestException">It ended because the options forbid every token.</exception>
    public GenerationResult Result
    {
        get
        {
            if (failure is not null) ExceptionDispatchInfo.Throw(failure);
            return result ?? throw new InvalidOperationException("the text has not ended");
        }
    }

    /// <summary>Leaves the engine.</summary>
    public void Dispose()
    {
        sequence.Dispose();
        engine.Leave(this);
    }

    internal bool HasLogits => sequence.HasLogits;

    /// <summary>Chooses the next token; the generation ends or waits for the next step.</summary>
    internal void Advance(IReadOnlySet<int> endOfText, LogProbabilities probabilities)
    {
        try
        {
            var id = sampler.Next(sequence.Logits, sequence.Tokens);
            if (tokens.Count == 0) firstToken = Stopwatch.GetTimestamp();
            tokens.Add(id);
            if (logProbabilities is { } top) chosen.Add(ChosenToken.Of(probabilities, sequence.Logits, id, top));
            if (endOfText.Contains(id)) End(FinishReason.Eos);
            else if (text.Push(id)) End(FinishReason.Stop);
            else if (sequence.Length + 1 == sequence.Capacity) End(FinishReason.Length);
            else sequence.Append(id);
        }
        catch (MoesaicException e)
        {
            failure = e;
            Dispose();
        }
    }

    void End(FinishReason reason)
    {
        if (text.Finish()) reason = FinishReason.Stop;
        var (prefill, decode) = (Stopwatch.GetElapsedTime(start, firstToken), Stopwatch.GetElapsedTime(firstToken));
        result = new GenerationResult(text.ToString(), tokens, reason, promptTokens, prefill, decode)
        {
            ReusedTokens = sequence.Reused, LogProbabilities = logProbabilities is null ? null : chosen,
        };
        Dispose();
    }
}

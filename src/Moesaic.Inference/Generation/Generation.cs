using System.Diagnostics;
using System.Runtime.ExceptionServices;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>A text on its way, in an <see cref="Engine"/>. Dispose it to stop before its end.</summary>
public sealed class Generation : IDisposable
{
    readonly Engine engine;
    readonly Sampler sampler;
    readonly GeneratedText text;
    readonly GenerationRequest request;
    readonly long start = Stopwatch.GetTimestamp();
    readonly List<int> tokens = [];
    readonly List<ChosenToken> chosen = [];
    readonly List<IReadOnlyList<LayerRouting>> routing = [];
    BatchSequence? sequence;
    int? reusedByOther;
    long firstToken;
    MoesaicException? failure;
    GenerationResult? result;

    internal Generation(Engine engine, BatchSequence? sequence, Sampler sampler, GeneratedText text, GenerationRequest request) =>
        (this.engine, this.sequence, this.sampler, this.text, this.request) = (engine, sequence, sampler, text, request);

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

    /// <summary>Tokens of the prompt that were found in the cache; of a fork too, whose prompt was read for it.</summary>
    internal int Reused => reusedByOther ?? sequence?.Reused ?? 0;

    /// <summary>The other texts of the same prompt, as long as it is being read.</summary>
    internal IReadOnlyList<Generation> Others { get; set; } = [];

    /// <summary>How likely the tokens of the prompt were, or null.</summary>
    internal PromptScores? Scores { get; init; }

    /// <summary>The tokens from number <paramref name="first"/> on with what else is known of them.</summary>
    internal IEnumerable<GeneratedToken> TokensFrom(int first)
    {
        for (var i = first; i < tokens.Count; i++)
            yield return new GeneratedToken(tokens[i], request.Options.LogProbabilities is null ? null : chosen[i], request.WantsRouting ? routing[i] : null);
    }

    /// <summary>Leaves the engine.</summary>
    public void Dispose()
    {
        sequence?.Dispose();
        engine.Leave(this);
    }

    internal bool HasLogits => sequence is { HasLogits: true };

    /// <summary>At the end of the prompt: the other texts go on from there.</summary>
    internal void Fork(List<Generation> running)
    {
        foreach (var other in Others)
        {
            (other.reusedByOther, other.sequence) = (Reused, sequence!.Fork());
            running.Add(other);
        }
        Others = [];
    }

    /// <summary>Chooses the next token; the generation ends or waits for the next step.</summary>
    /// <returns>How many tokens it chose.</returns>
    internal int Advance(IReadOnlySet<int> endOfText, LogProbabilities probabilities)
    {
        try
        {
            _ = Scores?.Tokens;
            if (request.PromptOnly)
            {
                firstToken = Stopwatch.GetTimestamp();
                End(FinishReason.Length);
                return 0;
            }
            var id = sampler.Next(sequence!.Logits, sequence.Tokens);
            if (tokens.Count == 0) firstToken = Stopwatch.GetTimestamp();
            tokens.Add(id);
            if (request.Options.LogProbabilities is { } top) chosen.Add(ChosenToken.Of(probabilities, sequence.Logits, id, top));
            if (request.WantsRouting) routing.Add(sequence.Routing);
            if (endOfText.Contains(id)) End(FinishReason.Eos);
            else if (text.Push(id)) End(FinishReason.Stop);
            else if (sequence.Length + 1 == sequence.Capacity) End(FinishReason.Length);
            else sequence.Append(id);
            return 1;
        }
        catch (MoesaicException e)
        {
            failure = e;
            Dispose();
            return 0;
        }
    }

    void End(FinishReason reason)
    {
        if (text.Finish()) reason = FinishReason.Stop;
        var (prefill, decode) = (Stopwatch.GetElapsedTime(start, firstToken), Stopwatch.GetElapsedTime(firstToken));
        result = new GenerationResult(text.ToString(), tokens, reason, request.Prompt.Length, prefill, decode)
        {
            ReusedTokens = Reused, LogProbabilities = request.Options.LogProbabilities is null ? null : chosen,
        };
        Dispose();
    }
}

using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>What is asked of a <see cref="GenerationQueue"/>.</summary>
public sealed record GenerationRequest
{
    /// <summary>Token ids to continue, one or more; must stay unchanged until the stream ends.</summary>
    public required ReadOnlyMemory<int> Prompt { get; init; }

    /// <summary>What to generate: length, stop strings, sampling, constraint, log-probabilities.</summary>
    public GenerationOptions Options { get; init; } = new();

    /// <summary>
    /// How many texts, 1 to 128. The prompt is read once. Text i has the seed of the options plus i, so that the first one is the text of a
    /// request for one. Default 1.
    /// </summary>
    public int Count { get; init; } = 1;

    /// <summary>
    /// Whether the log-probabilities of the prompt's own tokens are wanted and, for each place, of so many of the most likely ones. 0 to
    /// 100; null, the default, does without. Such a prompt is computed whole: it takes no pages of earlier prompts over.
    /// </summary>
    public int? PromptLogProbabilities { get; init; }

    /// <summary>Whether nothing is to be generated: the prompt is read and the text is empty. Default false.</summary>
    public bool PromptOnly { get; init; }

    /// <summary>Whether <see cref="GeneratedToken.Routing"/> is wanted. Default false.</summary>
    public bool WantsRouting { get; init; }

    /// <summary>Who asks: requests of several clients start by turns. Default: the client without a name.</summary>
    public string Client { get; init; } = "";

    /// <summary>After which time the request fails with <see cref="TimeoutException"/>, waiting included. Above 0; null, the default: never.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="BadRequestException">A value lies outside; the message says which and what is allowed.</exception>
    public void Validate()
    {
        Options.Validate();
        if (Count is < 1 or > 128) throw new BadRequestException($"{Count} texts were asked for; need 1 to 128.");
        if (PromptLogProbabilities is < 0 or > 100)
            throw new BadRequestException($"Log-probabilities of {PromptLogProbabilities} tokens at each place of the prompt were asked for; need 0 to 100.");
        if (Deadline <= TimeSpan.Zero) throw new BadRequestException($"The deadline is after {Deadline}; need more than 0.");
    }
}

using System.Collections.Frozen;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>What to generate and when to stop.</summary>
public sealed record GenerationOptions
{
    /// <summary>Most tokens to generate, 1 or more. Null: until the context is full. Default 256.</summary>
    public int? MaxTokens { get; init; } = 256;

    /// <summary>Texts that end the generation wherever they appear in it, across tokens too; they are not part of the result.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>
    /// Whether the result has the log-probabilities of the chosen tokens and, for each, of so many of the most likely ones.
    /// 0 to 100; null, the default, does without.
    /// </summary>
    public int? LogProbabilities { get; init; }

    /// <summary>Which of its tasks a model whose routers decide by one works on; needed by such a model and refused by any other.</summary>
    public string? Task { get; init; }

    /// <summary>
    /// What the text may be, as of the end of the prompt, or null, the default, for anything. The text is generated with a clone of it, so
    /// that the same options serve for many.
    /// </summary>
    public ITokenConstraint? Constraint { get; init; }

    /// <summary>
    /// Special tokens whose names are part of the text where they are chosen, such as the one that announces the call of a function. Default:
    /// none.
    /// </summary>
    public IReadOnlySet<int> Shown { get; init; } = FrozenSet<int>.Empty;

    /// <summary>How tokens are chosen. Default: greedy.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="BadRequestException">A value lies outside; the message says which and what is allowed.</exception>
    public void Validate()
    {
        if (MaxTokens < 1) throw new BadRequestException($"{MaxTokens} tokens were asked for; need 1 or more.");
        if (Stop.Any(s => s.Length == 0)) throw new BadRequestException("A stop string is empty; leave it out to stop nowhere.");
        if (LogProbabilities is < 0 or > 100)
            throw new BadRequestException($"Log-probabilities of {LogProbabilities} tokens were asked for; need 0 to 100.");
        Sampling.Validate();
    }
}

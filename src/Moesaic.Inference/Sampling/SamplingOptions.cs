using System.Collections.ObjectModel;
using System.Globalization;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>
/// How the next token is chosen from the logits. The defaults choose the most likely token; every filter that is left at
/// its default is off.
/// </summary>
public sealed record SamplingOptions
{
    /// <summary>
    /// Logits are divided by this. 0, the default, always takes the most likely token (greedy), which makes the filters
    /// and the seed meaningless; 1 samples as the model was trained; more is more varied. 0 or more.
    /// </summary>
    public float Temperature { get; init; }

    /// <summary>Keep so many of the most likely tokens. 0, the default, keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>
    /// Nucleus (Holtzman et al. 2020, section 3.1): keep the fewest most likely tokens whose probabilities, among those that
    /// <see cref="TopK"/> kept, sum to this or more. Above 0, up to 1; 1, the default, keeps all.
    /// </summary>
    public float TopP { get; init; } = 1;

    /// <summary>
    /// Keep tokens at least this many times as likely as the most likely one (Nguyen et al. 2024, section 3). 0 to 1;
    /// 0, the default, keeps all.
    /// </summary>
    public float MinP { get; init; }

    /// <summary>
    /// Locally typical sampling (Meister et al. 2023, section 4): of what the filters before kept, keep the tokens whose surprise
    /// −log p is nearest to its mean, as few as sum to this or more. Above 0, up to 1; 1, the default, keeps all.
    /// </summary>
    public float TypicalP { get; init; } = 1;

    /// <summary>
    /// Logits of tokens that occur in the last <see cref="RepetitionWindow"/> tokens are divided by this when positive and
    /// multiplied when negative (Keskar et al. 2019, section 4.1). Above 0; 1, the default, changes nothing. Greedy choice
    /// feels it too.
    /// </summary>
    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>
    /// Subtracted from a logit for each time that its token occurs in the last <see cref="RepetitionWindow"/> tokens, as OpenAI
    /// defines it. −2 to 2; 0, the default, changes nothing. Greedy choice feels it too.
    /// </summary>
    public float FrequencyPenalty { get; init; }

    /// <summary>
    /// Subtracted once from the logits of tokens that occur in the last <see cref="RepetitionWindow"/> tokens, as OpenAI defines
    /// it. −2 to 2; 0, the default, changes nothing. Greedy choice feels it too.
    /// </summary>
    public float PresencePenalty { get; init; }

    /// <summary>How many tokens back the penalties look, prompt included. 1 or more. Default 64.</summary>
    public int RepetitionWindow { get; init; } = 64;

    /// <summary>
    /// Added to the logits of the tokens named by their ids, before all else. −1000 to 1000, or −∞, which forbids a token. Empty, the
    /// default, changes nothing.
    /// </summary>
    public IReadOnlyDictionary<int, float> LogitBias { get; init; } = ReadOnlyDictionary<int, float>.Empty;

    /// <summary>The only source of randomness: the same seed, prompt and options give the same tokens. Default 1.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Whether nothing is random.</summary>
    public bool IsGreedy => Temperature == 0;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="BadRequestException">A value lies outside; the message says which and what is allowed.</exception>
    public void Validate()
    {
        Check(float.IsFinite(Temperature) && Temperature >= 0, "temperature", Temperature, "0 or more; 0 always takes the most likely token");
        Check(TopK >= 0, "top-k", TopK, "0 or more; 0 keeps all tokens");
        Check(TopP is > 0 and <= 1, "top-p", TopP, "above 0 and up to 1; 1 keeps all tokens");
        Check(MinP is >= 0 and <= 1, "min-p", MinP, "0 to 1; 0 keeps all tokens");
        Check(TypicalP is > 0 and <= 1, "typical-p", TypicalP, "above 0 and up to 1; 1 keeps all tokens");
        Check(float.IsFinite(RepetitionPenalty) && RepetitionPenalty > 0, "repetition penalty", RepetitionPenalty, "above 0; 1 changes nothing");
        Check(FrequencyPenalty is >= -2 and <= 2, "frequency penalty", FrequencyPenalty, "-2 to 2; 0 changes nothing");
        Check(PresencePenalty is >= -2 and <= 2, "presence penalty", PresencePenalty, "-2 to 2; 0 changes nothing");
        foreach (var (id, value) in LogitBias)
            Check(value is (>= -1000 and <= 1000) or float.NegativeInfinity, $"logit bias of token {id}", value, "-1000 to 1000, or -∞ to forbid the token");
        Check(RepetitionWindow >= 1, "repetition window", RepetitionWindow, "1 token or more");
    }

    static void Check(bool good, string name, IFormattable value, string need)
    {
        if (!good)
            throw new BadRequestException($"The {name} is {value.ToString(null, CultureInfo.InvariantCulture)}; need {need}.");
    }
}

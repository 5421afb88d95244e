namespace Moesaic.Text.Tokenizers;

/// <summary>The `model` section of a tokenizer.json of type BPE.</summary>
sealed class BpeVocabulary
{
    /// <summary>The file, for messages.</summary>
    public required string Source { get; init; }

    public required Dictionary<string, int> Ids { get; init; }

    public required MergeTable Merges { get; init; }

    /// <summary>A word that is a token stays whole, whether or not the merges lead there.</summary>
    public bool IgnoreMerges { get; init; }

    /// <summary>A character without a token becomes the tokens of its bytes (<c>&lt;0xE2&gt;</c>).</summary>
    public bool ByteFallback { get; init; }

    public int? UnknownId { get; init; }

    /// <summary>A run of unknown characters becomes one unknown token.</summary>
    public bool FuseUnknown { get; init; }

    /// <summary>No merge makes a token with a ▁ behind another character.</summary>
    public bool MarksLead { get; init; }
}

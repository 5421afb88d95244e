namespace Moesaic.Text.Tokenizers;

/// <summary>The roles of tokens, from the files beside the vocabulary.</summary>
/// <param name="Bos">Opens a text.</param>
/// <param name="Eos">Ends a text.</param>
/// <param name="Pad">Fills a batch.</param>
/// <param name="Others">All other tokens declared special.</param>
sealed record SpecialTokens(int? Bos, int? Eos, int? Pad, IReadOnlyList<int> Others)
{
    public static readonly SpecialTokens None = new(null, null, null, []);
}

namespace Moesaic.Text.Tokenizers;

/// <summary>GPT-2's pre-tokenizer: words by its regular expression, each written in the byte alphabet.</summary>
/// <param name="addPrefixSpace">Begin with a space when the text does not.</param>
/// <param name="useRegex">Cut into words; otherwise only rewrite.</param>
sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    static readonly Pattern Words = new(
        @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", "ByteLevel");

    public void Apply(Piece piece, List<Piece> output)
    {
        var words = new List<Piece>();
        Cut(piece, words);
        foreach (var word in words) output.Add(Piece.Whole(ByteAlphabet.Map(word.Text), word.First));
    }

    /// <summary>The words before they are rewritten.</summary>
    public void Cut(Piece piece, List<Piece> output)
    {
        if (addPrefixSpace && piece.Text[0] != ' ') piece = Piece.Whole(string.Concat(" ", piece.Text), piece.First);
        if (useRegex) Splitter.Split(piece, Words.Matches(piece.Text), SplitBehavior.Isolated, false, output);
        else output.Add(piece);
    }
}

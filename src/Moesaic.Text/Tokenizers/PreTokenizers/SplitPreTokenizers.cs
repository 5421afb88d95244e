namespace Moesaic.Text.Tokenizers;

/// <summary>Splits along the matches of a pattern.</summary>
sealed class PatternSplit(Pattern pattern, SplitBehavior behavior, bool invert) : IPreTokenizer
{
    public void Apply(Piece piece, List<Piece> output) =>
        Splitter.Split(piece, pattern.Matches(piece.Text), behavior, invert, output);
}

/// <summary>Splits along the code points with a property: digits, punctuation, white space, one character.</summary>
sealed class PropertySplit(Func<int, bool> delimits, SplitBehavior behavior) : IPreTokenizer
{
    public void Apply(Piece piece, List<Piece> output)
    {
        var delimiters = new List<(int, int)>();
        var text = piece.Text;
        for (var i = 0; i < text.Length;)
        {
            var codePoint = CodePoints.At(text, i, out var length);
            if (delimits(codePoint)) delimiters.Add((i, i + length));
            i += length;
        }
        Splitter.Split(piece, delimiters, behavior, false, output);
    }
}

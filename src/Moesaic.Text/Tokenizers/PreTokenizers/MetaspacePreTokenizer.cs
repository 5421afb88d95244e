namespace Moesaic.Text.Tokenizers;

/// <summary>Where a Metaspace puts a mark that the text does not have.</summary>
enum PrependScheme
{
    /// <summary>Nowhere.</summary>
    Never,

    /// <summary>At the start of the input only.</summary>
    First,

    /// <summary>At the start of every stretch between added tokens.</summary>
    Always,
}

/// <summary>Writes spaces as a visible mark (SentencePiece's ▁) and may split before each mark.</summary>
sealed class MetaspacePreTokenizer(char mark, PrependScheme scheme, bool split) : IPreTokenizer
{
    public void Apply(Piece piece, List<Piece> output)
    {
        var text = piece.Text.ToString().Replace(' ', mark);
        var prepend = scheme == PrependScheme.Always || scheme == PrependScheme.First && piece.First;
        if (prepend && text[0] != mark) text = mark + text;
        var marked = Piece.Whole(text, piece.First);
        if (!split)
        {
            output.Add(marked);
            return;
        }
        var marks = new List<(int, int)>();
        for (var i = 0; i < text.Length; i++) if (text[i] == mark) marks.Add((i, i + 1));
        Splitter.Split(marked, marks, SplitBehavior.MergedWithNext, false, output);
    }
}

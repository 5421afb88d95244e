namespace Moesaic.Text.Tokenizers;

/// <summary>A stretch of text on its way through the pre-tokenizers.</summary>
/// <param name="Source">The string it lies in.</param>
/// <param name="Start">Where it begins there.</param>
/// <param name="Length">UTF-16 units, never 0.</param>
/// <param name="First">Whether it begins where the whole input begins.</param>
readonly record struct Piece(string Source, int Start, int Length, bool First)
{
    public ReadOnlySpan<char> Text => Source.AsSpan(Start, Length);

    public Piece Slice(int start, int end) => new(Source, Start + start, end - start, First && start == 0);

    public static Piece Whole(string text, bool first) => new(text, 0, text.Length, first);
}

/// <summary>Cuts a piece into smaller ones, or rewrites it.</summary>
interface IPreTokenizer
{
    void Apply(Piece piece, List<Piece> output);
}

/// <summary>One pre-tokenizer after another.</summary>
sealed class PreTokenizerSequence(IReadOnlyList<IPreTokenizer> steps) : IPreTokenizer
{
    public IReadOnlyList<IPreTokenizer> Steps => steps;

    public void Apply(Piece piece, List<Piece> output)
    {
        var current = new List<Piece> { piece };
        foreach (var step in steps)
        {
            var next = new List<Piece>(current.Count);
            foreach (var part in current) step.Apply(part, next);
            current = next;
        }
        output.AddRange(current);
    }
}

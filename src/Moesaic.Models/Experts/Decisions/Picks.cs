using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>What became of a choice.</summary>
enum PickState
{
    /// <summary>The expert computes it.</summary>
    Kept,

    /// <summary>Its expert was full.</summary>
    Overflowed,

    /// <summary>A second expert that the dice left out.</summary>
    LeftOut,

    /// <summary>A policy took it away.</summary>
    Skipped,

    /// <summary>Its expert is not there.</summary>
    Absent,
}

/// <summary>The choices of T tokens, those included that were lost again: weights may be shares of all of them.</summary>
/// <param name="Codes">T rows of expert + E · state, best first, ended by −1 where shorter than <see cref="Width"/>.</param>
/// <param name="Width">Places of a row.</param>
/// <param name="Experts">E.</param>
readonly record struct Picks(int[] Codes, int Width, int Experts)
{
    public static Picks Rent(Workspace workspace, int tokens, int width, int experts) =>
        new(workspace.RentIndices(tokens * width), width, experts);

    /// <summary>A token's row, all places.</summary>
    public Span<int> Row(int token) => Codes.AsSpan(token * Width, Width);

    /// <summary>A token's choices.</summary>
    public Span<int> Of(int token)
    {
        var row = Row(token);
        return row.IndexOf(-1) is var end and >= 0 ? row[..end] : row;
    }

    public int Expert(int code) => code % Experts;

    public PickState State(int code) => (PickState)(code / Experts);

    /// <summary>The code of the same choice in another state.</summary>
    public int Marked(int code, PickState state) => Expert(code) + (Experts * (int)state);

    /// <summary>The experts that are kept so far, in rows of <see cref="Width"/> that −1 fills up.</summary>
    public ReadOnlyMemory<int> Kept(Workspace workspace, int tokens)
    {
        var kept = workspace.RentIndices(tokens * Width).AsMemory(0, tokens * Width);
        kept.Span.Fill(-1);
        for (var t = 0; t < tokens; t++)
        {
            var place = t * Width;
            foreach (var code in Of(t))
                if (State(code) == PickState.Kept) kept.Span[place++] = code;
        }
        return kept;
    }

    /// <summary>Ends a token's row after <paramref name="count"/> choices.</summary>
    public void End(int token, int count)
    {
        if (count < Width) Codes[(token * Width) + count] = -1;
    }
}

namespace Moesaic.Models.Gguf;

/// <summary>
/// The order of the rows of query and key projections. We rotate dimension i of a head with dimension i + d/2, as Hugging
/// Face does; architectures whose pairs are neighbours store that pair as rows 2i and 2i + 1.
/// </summary>
static class RotaryRows
{
    /// <summary>The row of ours that is stored as the given row.</summary>
    public static int OfStored(int row, int headDim)
    {
        var (head, at) = Math.DivRem(row, headDim);
        return head * headDim + at % 2 * (headDim / 2) + at / 2;
    }

    /// <summary>Where a row of ours is stored.</summary>
    public static int ToStored(int row, int headDim)
    {
        var (head, at) = Math.DivRem(row, headDim);
        var (half, pair) = Math.DivRem(at, headDim / 2);
        return head * headDim + 2 * pair + half;
    }
}

namespace Moesaic.Kernels;

/// <summary>
/// An index turned round by counting sort: for each row the positions that name it, ascending. It lets each thread own
/// the rows it adds to, so that no order of threads can change a sum.
/// </summary>
unsafe struct RowGroups
{
    /// <summary>[rows + 1]: row r's positions stand at Starts[r] .. Starts[r + 1] of <see cref="Positions"/>.</summary>
    public int* Starts;

    /// <summary>Positions in the index, by row; those of −1 are left out.</summary>
    public int* Positions;

    internal static RowGroups Of(ReadOnlySpan<int> index, int rows)
    {
        var starts = (int*)NativeBuffer.Of<RowGroups>().Take(rows + 2L + index.Length);
        // While counting and placing, everything stands one further right; the placing moves each start to its end, the
        // next one's start.
        new Span<int>(starts, rows + 2).Clear();
        foreach (int row in index)
        {
            if (row >= 0) starts[row + 2]++;
        }

        for (int row = 2; row < rows + 2; row++) starts[row] += starts[row - 1];
        int* positions = starts + rows + 2;
        for (int i = 0; i < index.Length; i++)
        {
            if (index[i] >= 0) positions[starts[index[i] + 1]++] = i;
        }

        return new RowGroups { Starts = starts, Positions = positions };
    }
}

namespace Moesaic.Kernels;

/// <summary>Products of whole tiles on packed, padded scratch: rows in fours, columns in whole vectors.</summary>
static unsafe class TileProduct<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>C[rows, columns] = (fresh) or += (not fresh) A · B; A's element (row, k) stands at row · rowA + k · stepA.</summary>
    internal static void Run(
        int rows, int columns, int depth, float* a, nint rowA, nint stepA, float* b, nint pitchB, bool fresh,
        float* c, nint pitchC)
    {
        for (int row = 0; row < rows; row += 4)
        {
            float* aRow = a + row * rowA, cRow = c + row * pitchC;
            int column = 0;
            for (; column <= columns - 2 * TLanes.Lanes; column += 2 * TLanes.Lanes)
            {
                MicroKernel<TLanes, TLanes>.Run<Four, Two>(
                    depth, aRow, rowA, stepA, b + column, pitchB, fresh, cRow + column, pitchC);
            }

            if (column < columns)
            {
                MicroKernel<TLanes, TLanes>.Run<Four, One>(
                    depth, aRow, rowA, stepA, b + column, pitchB, fresh, cRow + column, pitchC);
            }
        }
    }

    /// <summary>Copies rows of <paramref name="width"/> values to a wider pitch, with zeros behind them and in rows up to a multiple of four.</summary>
    internal static void Pack(float* from, nint fromPitch, int rows, int width, float* to, int toPitch)
    {
        for (int row = 0; row < rows; row++)
        {
            var target = new Span<float>(to + (nint)row * toPitch, toPitch);
            new ReadOnlySpan<float>(from + row * fromPitch, width).CopyTo(target);
            target[width..].Clear();
        }

        int padding = AttentionSizes.RoundUpToFour(rows) - rows;
        new Span<float>(to + (nint)rows * toPitch, padding * toPitch).Clear();
    }
}

namespace Moesaic.Kernels;

/// <summary>Products of whole tiles on packed, padded scratch: rows in fours, columns in whole vectors.</summary>
static unsafe class TileProduct<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// C[rows, columns] = (fresh) or += (not fresh) A · B; A's element (row, k) stands at row · rowA + k · stepA.
    /// </summary>
    internal static void Run(
        int rows, int columns, int depth, float* a, nint rowA, nint stepA, float* b, nint pitchB, bool fresh,
        float* c, nint pitchC)
    {
        for (int row = 0; row < rows; row += 4)
        {
            float* aRow = a + row * rowA, cRow = c + row * pitchC;
            int column = 0;
            for (; column <= columns - 4 * TLanes.Lanes; column += 4 * TLanes.Lanes)
            {
                MicroKernel<TLanes, TLanes>.Run<Four, Four>(
                    depth, aRow, rowA, stepA, b + column, pitchB, fresh, cRow + column, pitchC);
            }

            if (column <= columns - 2 * TLanes.Lanes)
            {
                MicroKernel<TLanes, TLanes>.Run<Four, Two>(
                    depth, aRow, rowA, stepA, b + column, pitchB, fresh, cRow + column, pitchC);
                column += 2 * TLanes.Lanes;
            }

            if (column < columns)
            {
                MicroKernel<TLanes, TLanes>.Run<Four, One>(
                    depth, aRow, rowA, stepA, b + column, pitchB, fresh, cRow + column, pitchC);
            }
        }
    }

    /// <summary>
    /// Copies rows of <paramref name="width"/> values to a pitch of whole vectors, with zeros behind them and in rows
    /// up to a multiple of four.
    /// </summary>
    internal static void Pack(float* from, nint fromPitch, int rows, int width, float* to, int toPitch)
    {
        for (int row = 0; row < rows; row++, from += fromPitch, to += toPitch)
        {
            int i = 0;
            for (; i <= width - TLanes.Lanes; i += TLanes.Lanes) TLanes.Store(TLanes.Load(from + i), to + i);
            if (i < toPitch) TLanes.Store(Partial.Load<TLanes>(from + i, width - i), to + i);
            for (i += TLanes.Lanes; i < toPitch; i += TLanes.Lanes) TLanes.Store(TLanes.Zero, to + i);
        }

        int padding = AttentionSizes.RoundUpToFour(rows) - rows;
        new Span<float>(to, padding * toPitch).Clear();
    }
}

using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// Up to 4 activation rows times one vector of output rows over a slice of blocks of 32 values. Per block the products of
/// levels are summed exactly, as integers; then y = fma(sum, d·scale, y) and, with minima, y = fma(m, scale·Σx, y).
/// </summary>
static unsafe class SmallBlockKernel<TSimd, TVector, TBlocks>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TBlocks : struct, ISmallBlocks<TSimd, TVector>
{
    /// <param name="words">Words of the first block.</param>
    /// <param name="scales">Scales of the first block.</param>
    /// <param name="blocks">Number of blocks in the slice.</param>
    /// <param name="x">Slice of the first activation row.</param>
    /// <param name="stride">Bytes from one activation row to the next.</param>
    /// <param name="y">Sums of the first activation row; those of the next follow after <see cref="PanelShape.Rows"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TRows>(byte* words, byte* scales, int blocks, byte* x, nint stride, float* y)
        where TRows : struct, ICount
    {
        // Of row R: yR is the result, tR and hR the words of the low and the high plane.
        TVector y0 = default, y1 = default, y2 = default, y3 = default;
        y0 = TSimd.Load(y);
        if (TRows.Value > 1) y1 = TSimd.Load(y + PanelShape.Rows);
        if (TRows.Value > 2) y2 = TSimd.Load(y + 2 * PanelShape.Rows);
        if (TRows.Value > 3) y3 = TSimd.Load(y + 3 * PanelShape.Rows);
        var floats = x + Activations.BlockScales;
        for (var block = 0; block < blocks; block++)
        {
            TVector t0 = default, t1 = default, t2 = default, t3 = default;
            TVector h0 = default, h1 = default, h2 = default, h3 = default;
            var sums = floats + (Activations.BlockHalfSums - Activations.BlockScales);
            if (TBlocks.TwoPlanes)
            {
                h0 = Start(sums);
                if (TRows.Value > 1) h1 = Start(sums + stride);
                if (TRows.Value > 2) h2 = Start(sums + 2 * stride);
                if (TRows.Value > 3) h3 = Start(sums + 3 * stride);
            }
            else if (TBlocks.Centre > 0)
            {
                t0 = Start(sums);
                if (TRows.Value > 1) t1 = Start(sums + stride);
                if (TRows.Value > 2) t2 = Start(sums + 2 * stride);
                if (TRows.Value > 3) t3 = Start(sums + 3 * stride);
            }

            for (var unit = 0; unit < 4; unit++)
            {
                TBlocks.Levels(words, unit, out var first, out var second);
                t0 = TSimd.MultiplyAddBytes(first, x, t0);
                if (TRows.Value > 1) t1 = TSimd.MultiplyAddBytes(first, x + stride, t1);
                if (TRows.Value > 2) t2 = TSimd.MultiplyAddBytes(first, x + 2 * stride, t2);
                if (TRows.Value > 3) t3 = TSimd.MultiplyAddBytes(first, x + 3 * stride, t3);
                t0 = TSimd.MultiplyAddBytes(second, x + 16, t0);
                if (TRows.Value > 1) t1 = TSimd.MultiplyAddBytes(second, x + 16 + stride, t1);
                if (TRows.Value > 2) t2 = TSimd.MultiplyAddBytes(second, x + 16 + 2 * stride, t2);
                if (TRows.Value > 3) t3 = TSimd.MultiplyAddBytes(second, x + 16 + 3 * stride, t3);
                if (TBlocks.TwoPlanes)
                {
                    TBlocks.HighLevels(words, unit, out first, out second);
                    h0 = TSimd.MultiplyAddBytes(first, x, h0);
                    if (TRows.Value > 1) h1 = TSimd.MultiplyAddBytes(first, x + stride, h1);
                    if (TRows.Value > 2) h2 = TSimd.MultiplyAddBytes(first, x + 2 * stride, h2);
                    if (TRows.Value > 3) h3 = TSimd.MultiplyAddBytes(first, x + 3 * stride, h3);
                    h0 = TSimd.MultiplyAddBytes(second, x + 16, h0);
                    if (TRows.Value > 1) h1 = TSimd.MultiplyAddBytes(second, x + 16 + stride, h1);
                    if (TRows.Value > 2) h2 = TSimd.MultiplyAddBytes(second, x + 16 + 2 * stride, h2);
                    if (TRows.Value > 3) h3 = TSimd.MultiplyAddBytes(second, x + 16 + 3 * stride, h3);
                }

                x += 4;
            }

            x += 16;
            var d = TBlocks.Scale(scales);
            y0 = TSimd.AddScaled(Sum(t0, h0), d, floats, y0);
            if (TRows.Value > 1) y1 = TSimd.AddScaled(Sum(t1, h1), d, floats + stride, y1);
            if (TRows.Value > 2) y2 = TSimd.AddScaled(Sum(t2, h2), d, floats + 2 * stride, y2);
            if (TRows.Value > 3) y3 = TSimd.AddScaled(Sum(t3, h3), d, floats + 3 * stride, y3);
            if (TBlocks.HasMinimum)
            {
                var m = TBlocks.Minimum(scales);
                sums = floats + (Activations.BlockSums - Activations.BlockScales);
                y0 = TSimd.AddProduct(m, sums, y0);
                if (TRows.Value > 1) y1 = TSimd.AddProduct(m, sums + stride, y1);
                if (TRows.Value > 2) y2 = TSimd.AddProduct(m, sums + 2 * stride, y2);
                if (TRows.Value > 3) y3 = TSimd.AddProduct(m, sums + 3 * stride, y3);
            }

            floats += sizeof(float);
            words += TBlocks.BlockStride;
            scales += TBlocks.ScaleStride;
        }

        TSimd.Store(y0, y);
        if (TRows.Value > 1) TSimd.Store(y1, y + PanelShape.Rows);
        if (TRows.Value > 2) TSimd.Store(y2, y + 2 * PanelShape.Rows);
        if (TRows.Value > 3) TSimd.Store(y3, y + 3 * PanelShape.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector Start(byte* sums) => TSimd.BroadcastWords(sums, TBlocks.Centre - Activations.BlockHalfSumsShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector Sum(TVector t, TVector h) => TBlocks.TwoPlanes
        ? TSimd.MultiplyAddWords(h, TSimd.EachWord(16), TSimd.MultiplyAddWords(t, TSimd.EachWord(1)))
        : TSimd.MultiplyAddWords(t, TSimd.EachWord(1));
}

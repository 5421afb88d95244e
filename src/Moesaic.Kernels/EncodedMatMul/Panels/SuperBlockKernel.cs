using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// Up to 4 activation rows times one vector of output rows over one block of 256 values. The products of levels are summed
/// exactly, with the integer scales of their parts; then y = fma(Σ s·q·x, d·scale, y) and, with minima,
/// y = fma(Σ t·Σx, −m·scale, y).
/// </summary>
static unsafe class SuperBlockKernel<TSimd, TVector, TBlocks>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TBlocks : struct, ISuperBlocks<TSimd, TVector>
{
    /// <param name="words">Words of the block.</param>
    /// <param name="scales">Its scales, as <see cref="SuperBlockScales"/> says.</param>
    /// <param name="x">Slice of the first activation row.</param>
    /// <param name="stride">Bytes from one activation row to the next.</param>
    /// <param name="y">Sums of the first activation row; those of the next follow after <see cref="PanelShape.Rows"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TRows>(byte* words, TVector* scales, byte* x, nint stride, float* y)
        where TRows : struct, ICount
    {
        // Of row R: sR is the sum over the block, tR and uR the words of a run in the first and the second part of a pair.
        TVector s0 = default, s1 = default, s2 = default, s3 = default;
        for (var pair = 0; pair < 4; pair++)
        {
            var part = TBlocks.FirstPart(pair);
            for (var run = 0; run < 32; run += TBlocks.RunLength)
            {
                TVector t0 = default, t1 = default, t2 = default, t3 = default;
                TVector u0 = default, u1 = default, u2 = default, u3 = default;
                if (TBlocks.Centre > 0)
                {
                    var halves = x + Activations.HalfSums + part * 8 + run / 4;
                    t0 = Start(halves);
                    if (TRows.Value > 1) t1 = Start(halves + stride);
                    if (TRows.Value > 2) t2 = Start(halves + 2 * stride);
                    if (TRows.Value > 3) t3 = Start(halves + 3 * stride);
                    halves += TBlocks.PartDistance * 8;
                    u0 = Start(halves);
                    if (TRows.Value > 1) u1 = Start(halves + stride);
                    if (TRows.Value > 2) u2 = Start(halves + 2 * stride);
                    if (TRows.Value > 3) u3 = Start(halves + 3 * stride);
                }

                var levels = x + 32 * part + run;
                for (var unit = run / 4; unit < (run + TBlocks.RunLength) / 4; unit++)
                {
                    TBlocks.Levels(words, pair, unit, out var first, out var second);
                    t0 = TSimd.MultiplyAddBytes(first, levels, t0);
                    if (TRows.Value > 1) t1 = TSimd.MultiplyAddBytes(first, levels + stride, t1);
                    if (TRows.Value > 2) t2 = TSimd.MultiplyAddBytes(first, levels + 2 * stride, t2);
                    if (TRows.Value > 3) t3 = TSimd.MultiplyAddBytes(first, levels + 3 * stride, t3);
                    u0 = TSimd.MultiplyAddBytes(second, levels + 32 * TBlocks.PartDistance, u0);
                    if (TRows.Value > 1) u1 = TSimd.MultiplyAddBytes(second, levels + 32 * TBlocks.PartDistance + stride, u1);
                    if (TRows.Value > 2) u2 = TSimd.MultiplyAddBytes(second, levels + 32 * TBlocks.PartDistance + 2 * stride, u2);
                    if (TRows.Value > 3) u3 = TSimd.MultiplyAddBytes(second, levels + 32 * TBlocks.PartDistance + 3 * stride, u3);
                    levels += 4;
                }

                var scale = scales + (32 * part + run) / TBlocks.RunLength;
                var next = scale + 32 / TBlocks.RunLength * TBlocks.PartDistance;
                s0 = TSimd.MultiplyAddWords(t0, *scale, TSimd.MultiplyAddWords(u0, *next, s0));
                if (TRows.Value > 1) s1 = TSimd.MultiplyAddWords(t1, *scale, TSimd.MultiplyAddWords(u1, *next, s1));
                if (TRows.Value > 2) s2 = TSimd.MultiplyAddWords(t2, *scale, TSimd.MultiplyAddWords(u2, *next, s2));
                if (TRows.Value > 3) s3 = TSimd.MultiplyAddWords(t3, *scale, TSimd.MultiplyAddWords(u3, *next, s3));
            }
        }

        var floats = x + Activations.Scale;
        TVector y0 = default, y1 = default, y2 = default, y3 = default;
        y0 = TSimd.Load(y);
        if (TRows.Value > 1) y1 = TSimd.Load(y + PanelShape.Rows);
        if (TRows.Value > 2) y2 = TSimd.Load(y + 2 * PanelShape.Rows);
        if (TRows.Value > 3) y3 = TSimd.Load(y + 3 * PanelShape.Rows);
        y0 = TSimd.AddScaled(s0, scales[SuperBlockScales.Scale], floats, y0);
        if (TRows.Value > 1) y1 = TSimd.AddScaled(s1, scales[SuperBlockScales.Scale], floats + stride, y1);
        if (TRows.Value > 2) y2 = TSimd.AddScaled(s2, scales[SuperBlockScales.Scale], floats + 2 * stride, y2);
        if (TRows.Value > 3) y3 = TSimd.AddScaled(s3, scales[SuperBlockScales.Scale], floats + 3 * stride, y3);
        if (TBlocks.MinimumLength > 0)
        {
            s0 = s1 = s2 = s3 = default;
            var sums = x + (TBlocks.MinimumLength == 16 ? Activations.Sums16 : Activations.Sums32);
            for (var pair = 0; pair < 128 / TBlocks.MinimumLength; pair++)
            {
                var t = scales[SuperBlockScales.Minima + pair];
                s0 = TSimd.MultiplyAddWordsAt(t, sums, s0);
                if (TRows.Value > 1) s1 = TSimd.MultiplyAddWordsAt(t, sums + stride, s1);
                if (TRows.Value > 2) s2 = TSimd.MultiplyAddWordsAt(t, sums + 2 * stride, s2);
                if (TRows.Value > 3) s3 = TSimd.MultiplyAddWordsAt(t, sums + 3 * stride, s3);
                sums += 4;
            }

            y0 = TSimd.AddScaled(s0, scales[SuperBlockScales.NegativeMinimum], floats, y0);
            if (TRows.Value > 1) y1 = TSimd.AddScaled(s1, scales[SuperBlockScales.NegativeMinimum], floats + stride, y1);
            if (TRows.Value > 2) y2 = TSimd.AddScaled(s2, scales[SuperBlockScales.NegativeMinimum], floats + 2 * stride, y2);
            if (TRows.Value > 3) y3 = TSimd.AddScaled(s3, scales[SuperBlockScales.NegativeMinimum], floats + 3 * stride, y3);
        }

        TSimd.Store(y0, y);
        if (TRows.Value > 1) TSimd.Store(y1, y + PanelShape.Rows);
        if (TRows.Value > 2) TSimd.Store(y2, y + 2 * PanelShape.Rows);
        if (TRows.Value > 3) TSimd.Store(y3, y + 3 * PanelShape.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector Start(byte* halves) => TSimd.BroadcastWords(halves, TBlocks.Centre - Activations.HalfSumsShift);
}

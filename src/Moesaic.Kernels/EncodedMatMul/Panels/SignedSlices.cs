using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// Slices of <see cref="WeightEncoding.Q8_0"/>, whose levels are signed bytes. For few activation rows they are multiplied as
/// magnitudes, the signs being moved to the activations, which costs less than two planes; for many rows as two
/// planes, which are spread once. The integers are the same.
/// </summary>
readonly unsafe struct SignedSlices<TSimd, TVector> : ISlices
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
{
    public static int ScratchBytes => SmallBlockSlices<TSimd, TVector, Q8_0Panel<TSimd, TVector>>.ScratchBytes;

    public static void Prepare(byte* words, byte* scales, byte* scratch)
    {
    }

    public static void Spread(byte* words, byte* scales, int blocks, byte* scratch) =>
        SmallBlockSlices<TSimd, TVector, Q8_0Panel<TSimd, TVector>>.Spread(words, scales, blocks, scratch);

    public static void MultiplySpread<TRows>(byte* scratch, int blocks, byte* x, nint stride, float* y)
        where TRows : struct, ICount =>
        SmallBlockSlices<TSimd, TVector, Q8_0Panel<TSimd, TVector>>.MultiplySpread<TRows>(scratch, blocks, x, stride, y);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TRows>(byte* words, byte* scales, int blocks, byte* scratch, byte* x, nint stride, float* y)
        where TRows : struct, ICount
    {
        const int Words = 8;
        TVector y0 = default, y1 = default, y2 = default, y3 = default;
        y0 = TSimd.Load(y);
        if (TRows.Value > 1) y1 = TSimd.Load(y + PanelShape.Rows);
        if (TRows.Value > 2) y2 = TSimd.Load(y + 2 * PanelShape.Rows);
        if (TRows.Value > 3) y3 = TSimd.Load(y + 3 * PanelShape.Rows);
        var floats = x + Activations.BlockScales;
        for (var block = 0; block < blocks; block++)
        {
            TVector s0 = default, s1 = default, s2 = default, s3 = default;
            for (var word = 0; word < Words; word++)
            {
                var levels = TSimd.Load(words + word * PanelShape.WordStride);
                var magnitudes = TSimd.Magnitudes(levels);
                s0 = TSimd.MultiplyAddSigned(levels, magnitudes, x, s0);
                if (TRows.Value > 1) s1 = TSimd.MultiplyAddSigned(levels, magnitudes, x + stride, s1);
                if (TRows.Value > 2) s2 = TSimd.MultiplyAddSigned(levels, magnitudes, x + 2 * stride, s2);
                if (TRows.Value > 3) s3 = TSimd.MultiplyAddSigned(levels, magnitudes, x + 3 * stride, s3);
                x += sizeof(uint);
            }

            var d = TSimd.HalvesToFloats(TSimd.LoadWords(scales));
            y0 = TSimd.AddScaled(s0, d, floats, y0);
            if (TRows.Value > 1) y1 = TSimd.AddScaled(s1, d, floats + stride, y1);
            if (TRows.Value > 2) y2 = TSimd.AddScaled(s2, d, floats + 2 * stride, y2);
            if (TRows.Value > 3) y3 = TSimd.AddScaled(s3, d, floats + 3 * stride, y3);
            floats += sizeof(float);
            words += Words * PanelShape.WordStride;
            scales += 2 * PanelShape.Rows;
        }

        TSimd.Store(y0, y);
        if (TRows.Value > 1) TSimd.Store(y1, y + PanelShape.Rows);
        if (TRows.Value > 2) TSimd.Store(y2, y + 2 * PanelShape.Rows);
        if (TRows.Value > 3) TSimd.Store(y3, y + 3 * PanelShape.Rows);
    }
}

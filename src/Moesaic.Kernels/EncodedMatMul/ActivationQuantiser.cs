using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// Writes rows of float32 as <see cref="Activations"/>: level = x / scale to the nearest, ties to even, where the scale
/// is the largest magnitude over 127. All vector levels use these 128-bit vectors: the work is small beside the product.
/// </summary>
/// <remarks>A NaN or an infinity makes its scale NaN or infinite, and so every sum it takes part in.</remarks>
static unsafe class ActivationQuantiser
{
    // Added to a number of magnitude below 2^22, it leaves the nearest integer in the low bits.
    const float Magic = 12582912f;

    /// <summary>One row.</summary>
    /// <param name="x">[k].</param>
    /// <param name="k">A multiple of 32; of 256 when <paramref name="perSlice"/>.</param>
    /// <param name="perSlice">One scale per slice (super-blocks), else per 32 values.</param>
    /// <param name="row"><see cref="Activations.RowBytes"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Row(float* x, int k, bool perSlice, byte* row)
    {
        for (var start = 0; start < k; start += Activations.SliceLength, row += Activations.SliceBytes)
        {
            var length = Math.Min(Activations.SliceLength, k - start);
            if (perSlice) Slice(x + start, row);
            else Blocks(x + start, length / Activations.BlockLength, row);
        }
    }

    static void Slice(float* x, byte* slice)
    {
        var scale = Scale(x, Activations.SliceLength, out var inverse);
        *(float*)(slice + Activations.Scale) = scale;
        for (var part = 0; part < 16; part++)
        {
            var halves = Round16(x + 16 * part, inverse, (sbyte*)slice + 16 * part);
            ((int*)(slice + Activations.HalfSums))[part] = Negative(halves, Activations.HalfSumsShift);
            ((short*)(slice + Activations.Sums16))[part] = (short)Total(halves);
        }

        for (var part = 0; part < 8; part++)
        {
            var sums = (short*)(slice + Activations.Sums16) + 2 * part;
            ((short*)(slice + Activations.Sums32))[part] = (short)(sums[0] + sums[1]);
        }
    }

    static void Blocks(float* x, int blocks, byte* slice)
    {
        for (var block = 0; block < blocks; block++)
        {
            var from = x + Activations.BlockLength * block;
            var to = (sbyte*)slice + Activations.BlockLength * block;
            var scale = Scale(from, Activations.BlockLength, out var inverse);
            var halves = Round16(from, inverse, to) + Round16(from + 16, inverse, to + 16);
            ((float*)(slice + Activations.BlockScales))[block] = scale;
            ((float*)(slice + Activations.BlockSums))[block] = scale * Total(halves);
            ((int*)(slice + Activations.BlockHalfSums))[block] = Negative(halves, Activations.BlockHalfSumsShift);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static float Scale(float* x, int count, out float inverse)
    {
        // Magnitudes compare like their bits, and NaN is above all others.
        var largest = Vector128<int>.Zero;
        for (var i = 0; i < count; i += 4)
            largest = Vector128.Max(largest, Vector128.Load((int*)x + i) & Vector128.Create(0x7FFFFFFF));
        largest = Vector128.Max(largest, Vector128.Shuffle(largest, Vector128.Create(2, 3, 0, 1)));
        largest = Vector128.Max(largest, Vector128.Shuffle(largest, Vector128.Create(1, 0, 3, 2)));
        var magnitude = BitConverter.Int32BitsToSingle(largest.ToScalar());

        // Below this the inverse would overflow: such values are zero to any product in float32.
        inverse = magnitude < 1e-35f ? 0 : 127 / magnitude;
        return magnitude / 127;
    }

    /// <summary>Rounds 16 values and returns the sums of each two neighbours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<short> Round16(float* x, float inverse, sbyte* levels)
    {
        var bytes = Vector128.Narrow(
            Vector128.Narrow(Round4(x, inverse), Round4(x + 4, inverse)),
            Vector128.Narrow(Round4(x + 8, inverse), Round4(x + 12, inverse)));
        bytes.Store(levels);
        var words = bytes.AsInt16();
        return (words << 8 >> 8) + (words >> 8);
    }

    // Narrowing keeps the low bits: those of the integer.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static Vector128<int> Round4(float* x, float inverse) =>
        (Vector128.Load(x) * Vector128.Create(inverse) + Vector128.Create(Magic)).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Total(Vector128<short> halves) => Vector128.Sum(halves);

    /// <summary>Minus the sum of the even and of the odd words, times 2^shift, as two words.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static int Negative(Vector128<short> halves, int shift)
    {
        var sums = halves + Vector128.Shuffle(halves.AsInt32(), Vector128.Create(2, 3, 0, 1)).AsInt16();
        sums += Vector128.Shuffle(sums.AsInt32(), Vector128.Create(1, 0, 3, 2)).AsInt16();
        return (-sums << shift).AsInt32().ToScalar();
    }
}

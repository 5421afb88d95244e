using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// The roundings of llama.cpp's encoders, defined for every float32 so that the degenerate blocks (a scale that is
/// subnormal, an infinite reciprocal) get the same bits on every processor.
/// </summary>
static class Rounding
{
    /// <summary>
    /// To the nearest, ties to even, for |x| below 2²²: the sum with 1.5·2²³ has no place for a fraction. The result is
    /// some number for larger x and 0 for NaN.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Nearest(float x) => (BitConverter.SingleToInt32Bits(x + 12582912f) & 0x7FFFFF) - 0x400000;

    /// <summary>Nearest, held to a range.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Nearest(float x, int least, int most) => Math.Max(least, Math.Min(most, Nearest(x)));

    /// <summary>Towards zero; what no int holds, and NaN, give <see cref="int.MinValue"/>, whose low byte is 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int Truncate(float x) => MathF.Abs(x) < 2147483648f ? (int)x : int.MinValue;

    /// <summary>To the nearest, ties away from zero; out of range as <see cref="Truncate"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int AwayFromZero(float x)
    {
        float whole = MathF.Truncate(x);
        return Truncate(MathF.Abs(x - whole) >= 0.5f ? whole + MathF.CopySign(1, x) : whole);
    }
}

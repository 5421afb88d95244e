using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// e^x for all widths, within 2 ulp: x = n·ln 2 + r with |r| ≤ ln 2 / 2, a polynomial for e^r (Taylor's terms to r⁶
/// with the last ones fitted), times 2^n. Results below 1.7e-38 are zero, above the largest float infinite; NaN stays
/// NaN.
/// </summary>
static class Exponential
{
    const float Lowest = -86.6f, Highest = 88.72284f;
    const float RoundingShift = 12582912f; // 1.5·2²³: adding it leaves the nearest integer in the low bits.
    const float Ln2High = 0.693359375f, Ln2Low = -2.12194440e-4f; // The high part has few bits: n·Ln2High is exact.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLanes Exp<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        // n − 1 rather than n goes into the exponent, and twice the polynomial makes up for it: n = 128 has no float.
        TLanes shifted = TLanes.MultiplyAdd(x, TLanes.Create(1.44269504f), TLanes.Create(RoundingShift));
        TLanes n = shifted - TLanes.Create(RoundingShift);
        TLanes r = TLanes.MultiplyAdd(n, TLanes.Create(-Ln2High), x);
        r = TLanes.MultiplyAdd(n, TLanes.Create(-Ln2Low), r);
        TLanes p = TLanes.MultiplyAdd(TLanes.Create(2 * 1.9875691500e-4f), r, TLanes.Create(2 * 1.3981999507e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(2 * 8.3334519073e-3f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(2 * 4.1665795894e-2f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(2 * 1.6666665459e-1f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(2 * 5.0000001201e-1f));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(2));
        p = TLanes.MultiplyAdd(p, r, TLanes.Create(2));
        TLanes y = p * TLanes.PowerOfTwo(shifted);
        y = TLanes.WhereLess(x, TLanes.Create(Lowest), TLanes.Zero, y);
        return TLanes.WhereLess(TLanes.Create(Highest), x, TLanes.Create(float.PositiveInfinity), y);
    }

    /// <summary>1 / (1 + e^−x).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLanes Sigmoid<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.Create(1) / (TLanes.Create(1) + Exp(TLanes.Zero - x));
}

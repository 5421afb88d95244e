using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary><see cref="UngatedKind.Relu"/>.</summary>
readonly struct Relu<TLanes> : IUngated<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Activate(TLanes x) => TLanes.WhereLess(x, TLanes.Zero, TLanes.Zero, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Slope(TLanes x)
    {
        TLanes y = Activate(x);
        return TLanes.WhereLess(TLanes.Zero, y, TLanes.Create(1), y);
    }
}

/// <summary><see cref="UngatedKind.SquaredRelu"/>.</summary>
readonly struct SquaredRelu<TLanes> : IUngated<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Activate(TLanes x) => Relu<TLanes>.Activate(x) * Relu<TLanes>.Activate(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Slope(TLanes x) => TLanes.Create(2) * Relu<TLanes>.Activate(x);
}

/// <summary>
/// <see cref="UngatedKind.Gelu"/>: Φ by formula 7.1.26 of Abramowitz and Stegun 1964, whose error is below 0.8e-7 and whose
/// exponential is the one that the derivative needs.
/// </summary>
readonly struct Gelu<TLanes> : IUngated<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    const float Density = 0.3989422804f; // 1/√(2π)

    // Φ is 0 or 1 in float32 beyond; it keeps 0 · ∞ from the products.
    const float Last = 14;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Activate(TLanes x)
    {
        TLanes y = x * Normal(x, out _);
        return TLanes.WhereLess(x, TLanes.Create(-Last), TLanes.Zero, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Slope(TLanes x)
    {
        TLanes within = Within(x), upTo = Normal(within, out TLanes bell);
        return TLanes.MultiplyAdd(within * TLanes.Create(Density), bell, upTo);
    }

    /// <summary>Φ(x), and e^(−x²/2).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TLanes Normal(TLanes x, out TLanes bell)
    {
        TLanes one = TLanes.Create(1), size = Within(x);
        size = TLanes.WhereLess(size, TLanes.Zero, TLanes.Zero - size, size);
        bell = Exponential.Exp(TLanes.Create(-0.5f) * size * size);
        // p and the coefficients of erfc, the former divided by √2 and the latter by 2.
        TLanes t = one / TLanes.MultiplyAdd(TLanes.Create(0.23164189f), size, one);
        TLanes tail = TLanes.MultiplyAdd(TLanes.Create(0.5307027145f), t, TLanes.Create(-0.7265760135f));
        tail = TLanes.MultiplyAdd(tail, t, TLanes.Create(0.7107068705f));
        tail = TLanes.MultiplyAdd(tail, t, TLanes.Create(-0.142248368f));
        tail = TLanes.MultiplyAdd(tail, t, TLanes.Create(0.127414796f)) * t * bell;
        return TLanes.WhereLess(x, TLanes.Zero, tail, one - tail);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TLanes Within(TLanes x)
    {
        x = TLanes.WhereLess(x, TLanes.Create(-Last), TLanes.Create(-Last), x);
        return TLanes.WhereLess(TLanes.Create(Last), x, TLanes.Create(Last), x);
    }
}

/// <summary><see cref="UngatedKind.GeluTanh"/>.</summary>
readonly struct GeluTanh<TLanes> : IUngated<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    const float Steep = 1.5957691216f, Cubic = 0.044715f; // the former 2 √(2/π)

    // The sigmoid is 0 or 1 in float32 beyond.
    const float Last = 14;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Activate(TLanes x) =>
        TLanes.WhereLess(x, TLanes.Create(-Last), TLanes.Zero, x * Open(Within(x), out _));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Slope(TLanes x)
    {
        TLanes within = Within(x), s = Open(within, out TLanes slope);
        TLanes inner = TLanes.Create(Steep) * TLanes.MultiplyAdd(TLanes.Create(3 * Cubic) * within, within, TLanes.Create(1));
        return TLanes.MultiplyAdd(within * inner, slope, s);
    }

    /// <summary>The sigmoid s, and s(1 − s) without the difference, which would lose most of its bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TLanes Open(TLanes x, out TLanes slope)
    {
        TLanes one = TLanes.Create(1), u = TLanes.Create(Steep) * x * TLanes.MultiplyAdd(TLanes.Create(Cubic) * x, x, one);
        TLanes e = Exponential.Exp(TLanes.WhereLess(u, TLanes.Zero, u, TLanes.Zero - u)), larger = one / (one + e);
        slope = e * larger * larger;
        return TLanes.WhereLess(u, TLanes.Zero, e * larger, larger);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TLanes Within(TLanes x)
    {
        x = TLanes.WhereLess(x, TLanes.Create(-Last), TLanes.Create(-Last), x);
        return TLanes.WhereLess(TLanes.Create(Last), x, TLanes.Create(Last), x);
    }
}

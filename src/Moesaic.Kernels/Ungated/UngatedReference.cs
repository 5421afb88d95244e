using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The formulas of <see cref="Ungated"/> as plain loops.</summary>
static class UngatedReference
{
    internal static void Forward<T>(UngatedKind kind, ReadOnlySpan<T> x, Span<T> y)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < y.Length; i++) y[i] = Value(kind, x[i]).Value;
    }

    internal static void Backward<T>(UngatedKind kind, ReadOnlySpan<T> x, ReadOnlySpan<T> dy, Span<T> dx)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < dx.Length; i++) dx[i] += dy[i] * Value(kind, x[i]).Slope;
    }

    static (T Value, T Slope) Value<T>(UngatedKind kind, T x)
        where T : IFloatingPointIeee754<T>
    {
        T half = T.CreateChecked(0.5), two = T.CreateChecked(2);
        // A comparison with NaN is false: NaN stays.
        switch (kind)
        {
            case UngatedKind.Relu: return x <= T.Zero ? (T.Zero, T.Zero) : (x, T.IsNaN(x) ? x : T.One);
            case UngatedKind.SquaredRelu: return x <= T.Zero ? (T.Zero, T.Zero) : (x * x, two * x);
            case UngatedKind.Gelu:
                T upTo = Normal(x), density = T.Exp(-half * x * x) / T.Sqrt(two * T.Pi);
                return (Product(x, upTo), upTo + Product(x, density));
            case UngatedKind.GeluTanh:
                T steep = T.CreateChecked(2 * Math.Sqrt(2 / Math.PI)), cubic = T.CreateChecked(0.044715);
                // With e^−|u|, so that s(1 − s) needs no difference.
                T u = steep * (x + (cubic * x * x * x)), e = T.Exp(-T.Abs(u)), larger = T.One / (T.One + e);
                T s = u < T.Zero ? e * larger : larger, inner = steep * (T.One + (T.CreateChecked(3) * cubic * x * x));
                return (Product(x, s), s + Product(x * inner, e * larger * larger));
            default: throw new ArgumentOutOfRangeException(nameof(kind), kind, null);
        }
    }

    // 0 · ∞ is 0 here: that is what the limit of each product is.
    static T Product<T>(T x, T factor)
        where T : IFloatingPointIeee754<T> => factor == T.Zero ? T.Zero : x * factor;

    /// <summary>Φ(x), by its series where that converges fast and by its continued fraction in the tails.</summary>
    static T Normal<T>(T x)
        where T : IFloatingPointIeee754<T>
    {
        if (T.IsNaN(x)) return x;
        T size = T.Abs(x), density = T.Exp(-size * size / T.CreateChecked(2)) / T.Sqrt(T.CreateChecked(2) * T.Pi);
        if (size > T.CreateChecked(3.5))
        {
            T fraction = size;
            for (int n = 60; n > 0; n--) fraction = size + (T.CreateChecked(n) / fraction);
            T tail = density == T.Zero ? T.Zero : density / fraction;
            return x < T.Zero ? tail : T.One - tail;
        }

        T term = x, sum = x;
        for (int n = 3; n < 150; n += 2)
        {
            term *= x * x / T.CreateChecked(n);
            sum += term;
        }

        return T.CreateChecked(0.5) + (sum * density);
    }
}

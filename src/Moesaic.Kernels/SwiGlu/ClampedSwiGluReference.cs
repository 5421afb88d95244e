using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The formulas of <see cref="ClampedSwiGlu"/> as plain loops.</summary>
static class ClampedSwiGluReference
{
    internal static void Forward<T>(float limit, float slope, ReadOnlySpan<T> gate, ReadOnlySpan<T> up, Span<T> h)
        where T : IFloatingPointIeee754<T>
    {
        T most = T.CreateChecked(limit);
        for (int i = 0; i < h.Length; i++)
        {
            T g = T.Min(gate[i], most), u = T.Clamp(up[i], -most, most);
            h[i] = g * Sigmoid(T.CreateChecked(slope) * g) * (u + T.One);
        }
    }

    internal static void Backward<T>(
        float limit, float slope, ReadOnlySpan<T> gate, ReadOnlySpan<T> up, ReadOnlySpan<T> dh, Span<T> dGate, Span<T> dUp)
        where T : IFloatingPointIeee754<T>
    {
        T most = T.CreateChecked(limit), steep = T.CreateChecked(slope);
        for (int i = 0; i < dh.Length; i++)
        {
            T g = T.Min(gate[i], most), u = T.Clamp(up[i], -most, most), s = Sigmoid(steep * g);
            if (!(gate[i] > most)) dGate[i] += dh[i] * (u + T.One) * s * (T.One + steep * g * (T.One - s));
            if (!(T.Abs(up[i]) > most)) dUp[i] += dh[i] * g * s;
        }
    }

    static T Sigmoid<T>(T value)
        where T : IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-value));
}

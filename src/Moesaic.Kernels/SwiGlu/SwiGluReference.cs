using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The formulas of <see cref="SwiGlu"/> as plain loops.</summary>
static class SwiGluReference
{
    internal static void Forward<T>(ReadOnlySpan<T> gate, ReadOnlySpan<T> up, Span<T> h)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < h.Length; i++) h[i] = gate[i] * Sigmoid(gate[i]) * up[i];
    }

    internal static void Backward<T>(
        ReadOnlySpan<T> gate, ReadOnlySpan<T> up, ReadOnlySpan<T> dh, Span<T> dGate, Span<T> dUp)
        where T : IFloatingPointIeee754<T>
    {
        for (int i = 0; i < dh.Length; i++)
        {
            T g = gate[i], s = Sigmoid(g);
            dGate[i] += dh[i] * up[i] * s * (T.One + g * (T.One - s));
            dUp[i] += dh[i] * g * s;
        }
    }

    static T Sigmoid<T>(T value)
        where T : IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-value));
}

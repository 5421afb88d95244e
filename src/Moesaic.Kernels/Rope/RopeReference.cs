using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The formula of <see cref="Rope"/> as plain loops.</summary>
static class RopeReference
{
    internal static void Apply<T>(
        Span<T> x, int heads, int headDim, ReadOnlySpan<int> positions, ReadOnlySpan<T> cos, ReadOnlySpan<T> sin,
        bool inverse)
        where T : IFloatingPointIeee754<T>
    {
        int half = headDim / 2;
        for (int t = 0; t < positions.Length; t++)
        {
            ReadOnlySpan<T> c = cos.Slice(positions[t] * half, half), s = sin.Slice(positions[t] * half, half);
            for (int head = 0; head < heads; head++)
            {
                Span<T> row = x.Slice((t * heads + head) * headDim, headDim);
                for (int i = 0; i < half; i++)
                {
                    T a = row[i], b = row[i + half], turn = inverse ? -s[i] : s[i];
                    row[i] = a * c[i] - b * turn;
                    row[i + half] = b * c[i] + a * turn;
                }
            }
        }
    }
}

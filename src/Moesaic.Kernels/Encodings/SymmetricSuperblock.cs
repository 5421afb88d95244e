namespace Moesaic.Kernels;

/// <summary>256 values in 16 parts of 16 as x ≈ d·s·q, q in −limit .. limit − 1: what Q3_K and Q6_K share.</summary>
static class SymmetricSuperblock
{
    internal const int Length = 256, Part = 16, Parts = 16;

    /// <summary>Chooses the levels q + limit anew for the scales as they are stored; those of scale 0 stay.</summary>
    internal static void Round(ReadOnlySpan<float> x, float d, ReadOnlySpan<sbyte> s, int limit, Span<byte> levels)
    {
        d = (float)(Half)d;
        for (int part = 0, at = 0; part < Parts; part++, at += Part)
        {
            float scale = d * s[part];
            if (scale == 0) continue;
            for (int i = at; i < at + Part; i++)
                levels[i] = (byte)(limit + Rounding.Nearest(x[i] / scale, -limit, limit - 1));
        }
    }
}

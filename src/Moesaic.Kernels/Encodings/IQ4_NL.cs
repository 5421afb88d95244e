using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// 32 values as x ≈ d·v[q] with 16 unevenly spaced levels v. 18 bytes: [0] half d; [2] 16 bytes of q as
/// <see cref="Nibbles"/>.
/// </summary>
readonly struct IQ4_NL : IBlockEncoder
{
    const int Steps = 7;

    static ReadOnlySpan<sbyte> V => [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

    // Between neighbouring levels: where the nearest changes, and by how much.
    static ReadOnlySpan<float> Middles =>
        [-115.5f, -93.5f, -74, -57, -42, -28.5f, -16, -4.5f, 7, 19, 31.5f, 45.5f, 61, 79, 101];

    static ReadOnlySpan<float> Rises => [23, 21, 18, 16, 14, 13, 12, 11, 12, 12, 13, 15, 16, 20, 24];

    public static int Length => Nibbles.Count;

    public static int Bytes => 18;

    public static void Decode(ReadOnlySpan<byte> block, Span<float> values)
    {
        float d = HalfField.Read(block, 0);
        ReadOnlySpan<byte> q = block.Slice(2, Nibbles.Bytes);
        Span<float> low = values[..16], high = values.Slice(16, 16);
        for (int j = 0; j < q.Length; j++)
        {
            low[j] = d * V[q[j] & 15];
            high[j] = d * V[q[j] >> 4];
        }
    }

    public static void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block)
    {
        Span<float> weights = stackalloc float[Nibbles.Count];
        if (importance.IsEmpty) Weighing.BySquare(x, weights);
        else Weighing.ByImportance(x, importance, Weighing.SumOfSquares(x) * (2f / Nibbles.Count), weights);

        float d = Fit(x, weights);
        float inverse = d != 0 ? 1 / d : 0;
        Span<byte> levels = stackalloc byte[Nibbles.Count];
        for (int j = 0; j < x.Length; j++) levels[j] = (byte)Nearest(inverse * x[j]);
        HalfField.Write(block, 0, d);
        Nibbles.Pack(levels, block[2..]);
    }

    // As ScaleSearch, with candidates that map the extreme value to −134 .. −120.
    static float Fit(ReadOnlySpan<float> x, ReadOnlySpan<float> weights)
    {
        float extreme = ScaleSearch.Extreme(x);
        if (MathF.Abs(extreme) < ScaleSearch.Negligible) return 0;
        (float cross, float square) = Moments(x, weights, 1 / (-extreme / V[0]));
        float d = square > 0 ? cross / square : 0;
        float explained = d * cross;
        for (int step = -Steps; step <= Steps; step++)
        {
            (cross, square) = Moments(x, weights, (step + V[0]) / extreme);
            if (!(square > 0 && cross * cross > explained * square)) continue;
            d = cross / square;
            explained = d * cross;
        }

        return d;
    }

    static (float Cross, float Square) Moments(ReadOnlySpan<float> x, ReadOnlySpan<float> weights, float inverse)
    {
        Span<float> q = stackalloc float[Nibbles.Count];
        if (KernelSelection.Level == KernelLevel.Reference)
            for (int j = 0; j < x.Length; j++) q[j] = V[Nearest(inverse * x[j])];
        else
            NearestValues(x, inverse, q);
        float cross = 0, square = 0;
        for (int j = 0; j < x.Length; j++)
        {
            float wq = weights[j] * q[j];
            cross += wq * x[j];
            square += wq * q[j];
        }

        return (cross, square);
    }

    // Steps up a level at each middle between two that is not above the value. Near a middle the differences that Nearest
    // compares are exact, so both choose alike.
    static void NearestValues(ReadOnlySpan<float> x, float inverse, Span<float> q)
    {
        Vector256<float> a = Vector256.Create(x) * inverse, b = Vector256.Create(x[8..]) * inverse;
        Vector256<float> c = Vector256.Create(x[16..]) * inverse, d = Vector256.Create(x[24..]) * inverse;
        Vector256<float> qa = Vector256.Create((float)V[0]), qb = qa, qc = qa, qd = qa;
        for (int i = 0; i < Middles.Length; i++)
        {
            Vector256<float> middle = Vector256.Create(Middles[i]), rise = Vector256.Create(Rises[i]);
            qa += Vector256.GreaterThanOrEqual(a, middle) & rise;
            qb += Vector256.GreaterThanOrEqual(b, middle) & rise;
            qc += Vector256.GreaterThanOrEqual(c, middle) & rise;
            qd += Vector256.GreaterThanOrEqual(d, middle) & rise;
        }

        qa.CopyTo(q);
        qb.CopyTo(q[8..]);
        qc.CopyTo(q[16..]);
        qd.CopyTo(q[24..]);
    }

    // The index of the level nearest to x, the upper one of two equally near.
    static int Nearest(float x)
    {
        if (x <= V[0]) return 0;
        int below = 0, above = V.Length - 1;
        if (x >= V[above]) return above;
        while (above - below > 1)
        {
            int middle = (below + above) / 2;
            if (x < V[middle]) above = middle;
            else below = middle;
        }

        return x - V[below] < V[above] - x ? below : above;
    }
}

namespace Moesaic.Kernels;

/// <summary>Sums along a row: four accumulators, then the tail, then a fixed tree.</summary>
static unsafe class Sums<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    internal static float Dot(float* x, float* y, int count)
    {
        int step = TLanes.Lanes, i = 0;
        TLanes a = TLanes.Zero, b = a, c = a, d = a;
        for (; i <= count - 4 * step; i += 4 * step)
        {
            a = TLanes.MultiplyAdd(TLanes.Load(x + i), TLanes.Load(y + i), a);
            b = TLanes.MultiplyAdd(TLanes.Load(x + i + step), TLanes.Load(y + i + step), b);
            c = TLanes.MultiplyAdd(TLanes.Load(x + i + 2 * step), TLanes.Load(y + i + 2 * step), c);
            d = TLanes.MultiplyAdd(TLanes.Load(x + i + 3 * step), TLanes.Load(y + i + 3 * step), d);
        }

        for (; i <= count - step; i += step) a = TLanes.MultiplyAdd(TLanes.Load(x + i), TLanes.Load(y + i), a);
        if (i < count)
            b = TLanes.MultiplyAdd(Partial.Load<TLanes>(x + i, count - i), Partial.Load<TLanes>(y + i, count - i), b);
        return TLanes.Sum(a + b + (c + d));
    }

    /// <summary>Σ x·y·z.</summary>
    internal static float Dot(float* x, float* y, float* z, int count)
    {
        int step = TLanes.Lanes, i = 0;
        TLanes a = TLanes.Zero, b = a;
        for (; i <= count - 2 * step; i += 2 * step)
        {
            a = TLanes.MultiplyAdd(TLanes.Load(x + i) * TLanes.Load(y + i), TLanes.Load(z + i), a);
            b = TLanes.MultiplyAdd(
                TLanes.Load(x + i + step) * TLanes.Load(y + i + step), TLanes.Load(z + i + step), b);
        }

        for (; i <= count - step; i += step)
            a = TLanes.MultiplyAdd(TLanes.Load(x + i) * TLanes.Load(y + i), TLanes.Load(z + i), a);
        if (i < count)
        {
            TLanes last = Partial.Load<TLanes>(x + i, count - i) * Partial.Load<TLanes>(y + i, count - i);
            b = TLanes.MultiplyAdd(last, Partial.Load<TLanes>(z + i, count - i), b);
        }

        return TLanes.Sum(a + b);
    }
}

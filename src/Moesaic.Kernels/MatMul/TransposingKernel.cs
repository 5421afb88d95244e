using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>
/// C = A·Bᵀ for up to four rows of A and one vector of columns: B is read in place and transposed in registers. The
/// order of each sum is that of <see cref="MicroKernel{TSimd,TVector}"/>.
/// </summary>
static unsafe class TransposingKernel<TSimd, TVector>
    where TSimd : struct, ISimdColumns<TVector>
    where TVector : struct
{
    const int FloatsPerLine = Ahead.FloatsPerLine;

    /// <summary>Columns are as many as a vector has lanes.</summary>
    /// <param name="k">Length of the sums.</param>
    /// <param name="a">[TRows, k] with <paramref name="ldA"/>.</param>
    /// <param name="ldA">Floats from one row of A to the next.</param>
    /// <param name="b">[lanes, k] with <paramref name="ldB"/>.</param>
    /// <param name="ldB">Floats from one row of B to the next.</param>
    /// <param name="fresh">The sums start at zero, C is not read.</param>
    /// <param name="c">First element of C.</param>
    /// <param name="ldC">Floats from one row of C to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows>(int k, float* a, nint ldA, float* b, nint ldB, bool fresh, float* c, nint ldC)
        where TRows : struct, ICount
    {
        TVector c0 = TSimd.Zero, c1 = TSimd.Zero, c2 = TSimd.Zero, c3 = TSimd.Zero;
        if (!fresh)
        {
            c0 = TSimd.Load(c);
            if (TRows.Value > 1) c1 = TSimd.Load(c + ldC);
            if (TRows.Value > 2) c2 = TSimd.Load(c + 2 * ldC);
            if (TRows.Value > 3) c3 = TSimd.Load(c + 3 * ldC);
        }

        var i = 0;
        for (; i + 4 <= k; i += 4)
        {
            if (Sse.IsSupported && i % FloatsPerLine == 0)
                FetchNext(b + i, ldB);
            TSimd.LoadColumns(b + i, ldB, out var b0, out var b1, out var b2, out var b3);

            c0 = Four(a + i, b0, b1, b2, b3, c0);
            if (TRows.Value > 1) c1 = Four(a + ldA + i, b0, b1, b2, b3, c1);
            if (TRows.Value > 2) c2 = Four(a + 2 * ldA + i, b0, b1, b2, b3, c2);
            if (TRows.Value > 3) c3 = Four(a + 3 * ldA + i, b0, b1, b2, b3, c3);
        }

        if (i < k)
        {
            var column = stackalloc float[TSimd.Lanes];
            for (; i < k; i++)
            {
                for (var lane = 0; lane < TSimd.Lanes; lane++)
                    column[lane] = b[lane * ldB + i];
                var b0 = TSimd.Load(column);
                c0 = TSimd.MultiplyAdd(TSimd.Broadcast(a + i), b0, c0);
                if (TRows.Value > 1) c1 = TSimd.MultiplyAdd(TSimd.Broadcast(a + ldA + i), b0, c1);
                if (TRows.Value > 2) c2 = TSimd.MultiplyAdd(TSimd.Broadcast(a + 2 * ldA + i), b0, c2);
                if (TRows.Value > 3) c3 = TSimd.MultiplyAdd(TSimd.Broadcast(a + 3 * ldA + i), b0, c3);
            }
        }

        TSimd.Store(c0, c);
        if (TRows.Value > 1) TSimd.Store(c1, c + ldC);
        if (TRows.Value > 2) TSimd.Store(c2, c + 2 * ldC);
        if (TRows.Value > 3) TSimd.Store(c3, c + 3 * ldC);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector Four(float* a, TVector b0, TVector b1, TVector b2, TVector b3, TVector c)
    {
        c = TSimd.MultiplyAdd(TSimd.Broadcast(a), b0, c);
        c = TSimd.MultiplyAdd(TSimd.Broadcast(a + 1), b1, c);
        c = TSimd.MultiplyAdd(TSimd.Broadcast(a + 2), b2, c);
        return TSimd.MultiplyAdd(TSimd.Broadcast(a + 3), b3, c);
    }

    /// <summary>
    /// Asks for the same line of the rows that come next: rows are too short for the processor to see the pattern.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void FetchNext(float* b, nint ld)
    {
        var next = b + TSimd.Lanes * ld;
        for (var row = 0; row < TSimd.Lanes; row++)
        {
            Sse.Prefetch0(next);
            next += ld;
        }
    }
}

using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// The register tile: up to 6 rows by up to 4 vectors of C stay in registers while k runs. Row and vector counts are
/// types, so the compiler sees constants and drops what a smaller tile does not use.
/// </summary>
static unsafe class MicroKernel<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
{
    /// <summary>C[row, column] += sum over k of A[row · rowA + k · stepA] · B[k · ldB + column].</summary>
    /// <param name="k">Length of the sum.</param>
    /// <param name="a">First element of A.</param>
    /// <param name="rowA">Floats from one row of A to the next.</param>
    /// <param name="stepA">Floats from one k of A to the next.</param>
    /// <param name="b">First vector of B.</param>
    /// <param name="ldB">Floats from one k of B to the next.</param>
    /// <param name="fresh">The sums start at zero, C is not read.</param>
    /// <param name="c">First element of C.</param>
    /// <param name="ldC">Floats from one row of C to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TVectors>(
        int k, float* a, nint rowA, nint stepA, float* b, nint ldB, bool fresh, float* c, nint ldC)
        where TRows : struct, ICount
        where TVectors : struct, ICount =>
        Run<TRows, TVectors, Unasked>(k, a, rowA, stepA, b, ldB, fresh, c, ldC, default);

    /// <summary>As <see cref="Run{TRows,TVectors}"/>, and asks meanwhile for memory that is needed later, a line with each k.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<TRows, TVectors, TCache>(
        int k, float* a, nint rowA, nint stepA, float* b, nint ldB, bool fresh, float* c, nint ldC, Ahead ahead)
        where TRows : struct, ICount
        where TVectors : struct, ICount
        where TCache : struct, IPrefetch
    {
        // cRV is vector V of row R.
        TVector c00 = TSimd.Zero, c01 = TSimd.Zero, c02 = TSimd.Zero, c03 = TSimd.Zero;
        TVector c10 = TSimd.Zero, c11 = TSimd.Zero, c12 = TSimd.Zero, c13 = TSimd.Zero;
        TVector c20 = TSimd.Zero, c21 = TSimd.Zero, c22 = TSimd.Zero, c23 = TSimd.Zero;
        TVector c30 = TSimd.Zero, c31 = TSimd.Zero, c32 = TSimd.Zero, c33 = TSimd.Zero;
        TVector c40 = TSimd.Zero, c41 = TSimd.Zero, c42 = TSimd.Zero, c43 = TSimd.Zero;
        TVector c50 = TSimd.Zero, c51 = TSimd.Zero, c52 = TSimd.Zero, c53 = TSimd.Zero;

        if (!fresh)
        {
            c00 = TSimd.Load(c);
            if (TVectors.Value > 1) c01 = TSimd.Load(c + TSimd.Lanes);
            if (TVectors.Value > 2) c02 = TSimd.Load(c + 2 * TSimd.Lanes);
            if (TVectors.Value > 3) c03 = TSimd.Load(c + 3 * TSimd.Lanes);

            if (TRows.Value > 1)
            {
                c10 = TSimd.Load(c + ldC);
                if (TVectors.Value > 1) c11 = TSimd.Load(c + ldC + TSimd.Lanes);
                if (TVectors.Value > 2) c12 = TSimd.Load(c + ldC + 2 * TSimd.Lanes);
                if (TVectors.Value > 3) c13 = TSimd.Load(c + ldC + 3 * TSimd.Lanes);
            }

            if (TRows.Value > 2)
            {
                c20 = TSimd.Load(c + 2 * ldC);
                if (TVectors.Value > 1) c21 = TSimd.Load(c + 2 * ldC + TSimd.Lanes);
                if (TVectors.Value > 2) c22 = TSimd.Load(c + 2 * ldC + 2 * TSimd.Lanes);
                if (TVectors.Value > 3) c23 = TSimd.Load(c + 2 * ldC + 3 * TSimd.Lanes);
            }

            if (TRows.Value > 3)
            {
                c30 = TSimd.Load(c + 3 * ldC);
                if (TVectors.Value > 1) c31 = TSimd.Load(c + 3 * ldC + TSimd.Lanes);
                if (TVectors.Value > 2) c32 = TSimd.Load(c + 3 * ldC + 2 * TSimd.Lanes);
                if (TVectors.Value > 3) c33 = TSimd.Load(c + 3 * ldC + 3 * TSimd.Lanes);
            }

            if (TRows.Value > 4)
            {
                c40 = TSimd.Load(c + 4 * ldC);
                if (TVectors.Value > 1) c41 = TSimd.Load(c + 4 * ldC + TSimd.Lanes);
                if (TVectors.Value > 2) c42 = TSimd.Load(c + 4 * ldC + 2 * TSimd.Lanes);
                if (TVectors.Value > 3) c43 = TSimd.Load(c + 4 * ldC + 3 * TSimd.Lanes);
            }

            if (TRows.Value > 5)
            {
                c50 = TSimd.Load(c + 5 * ldC);
                if (TVectors.Value > 1) c51 = TSimd.Load(c + 5 * ldC + TSimd.Lanes);
                if (TVectors.Value > 2) c52 = TSimd.Load(c + 5 * ldC + 2 * TSimd.Lanes);
                if (TVectors.Value > 3) c53 = TSimd.Load(c + 5 * ldC + 3 * TSimd.Lanes);
            }
        }

        // Two pointers reach six rows by the address modes of x86: base, base + row, base + 2 row.
        var upper = a + 3 * rowA;
        var next = ahead.First;
        var left = ahead.Period;
        for (; k > 0; k--)
        {
            if (TCache.Asks)
            {
                TCache.Fetch(next);
                next += ahead.Step;
                if (--left == 0)
                {
                    next += ahead.Jump;
                    left = ahead.Period;
                }
            }

            var b0 = TSimd.Load(b);
            var b1 = TVectors.Value > 1 ? TSimd.Load(b + TSimd.Lanes) : TSimd.Zero;
            var b2 = TVectors.Value > 2 ? TSimd.Load(b + 2 * TSimd.Lanes) : TSimd.Zero;
            var b3 = TVectors.Value > 3 ? TSimd.Load(b + 3 * TSimd.Lanes) : TSimd.Zero;

            var x = TSimd.Broadcast(a);
            c00 = TSimd.MultiplyAdd(x, b0, c00);
            if (TVectors.Value > 1) c01 = TSimd.MultiplyAdd(x, b1, c01);
            if (TVectors.Value > 2) c02 = TSimd.MultiplyAdd(x, b2, c02);
            if (TVectors.Value > 3) c03 = TSimd.MultiplyAdd(x, b3, c03);

            if (TRows.Value > 1)
            {
                x = TSimd.Broadcast(a + rowA);
                c10 = TSimd.MultiplyAdd(x, b0, c10);
                if (TVectors.Value > 1) c11 = TSimd.MultiplyAdd(x, b1, c11);
                if (TVectors.Value > 2) c12 = TSimd.MultiplyAdd(x, b2, c12);
                if (TVectors.Value > 3) c13 = TSimd.MultiplyAdd(x, b3, c13);
            }

            if (TRows.Value > 2)
            {
                x = TSimd.Broadcast(a + 2 * rowA);
                c20 = TSimd.MultiplyAdd(x, b0, c20);
                if (TVectors.Value > 1) c21 = TSimd.MultiplyAdd(x, b1, c21);
                if (TVectors.Value > 2) c22 = TSimd.MultiplyAdd(x, b2, c22);
                if (TVectors.Value > 3) c23 = TSimd.MultiplyAdd(x, b3, c23);
            }

            if (TRows.Value > 3)
            {
                x = TSimd.Broadcast(upper);
                c30 = TSimd.MultiplyAdd(x, b0, c30);
                if (TVectors.Value > 1) c31 = TSimd.MultiplyAdd(x, b1, c31);
                if (TVectors.Value > 2) c32 = TSimd.MultiplyAdd(x, b2, c32);
                if (TVectors.Value > 3) c33 = TSimd.MultiplyAdd(x, b3, c33);
            }

            if (TRows.Value > 4)
            {
                x = TSimd.Broadcast(upper + rowA);
                c40 = TSimd.MultiplyAdd(x, b0, c40);
                if (TVectors.Value > 1) c41 = TSimd.MultiplyAdd(x, b1, c41);
                if (TVectors.Value > 2) c42 = TSimd.MultiplyAdd(x, b2, c42);
                if (TVectors.Value > 3) c43 = TSimd.MultiplyAdd(x, b3, c43);
            }

            if (TRows.Value > 5)
            {
                x = TSimd.Broadcast(upper + 2 * rowA);
                c50 = TSimd.MultiplyAdd(x, b0, c50);
                if (TVectors.Value > 1) c51 = TSimd.MultiplyAdd(x, b1, c51);
                if (TVectors.Value > 2) c52 = TSimd.MultiplyAdd(x, b2, c52);
                if (TVectors.Value > 3) c53 = TSimd.MultiplyAdd(x, b3, c53);
            }

            a += stepA;
            upper += stepA;
            b += ldB;
        }

        TSimd.Store(c00, c);
        if (TVectors.Value > 1) TSimd.Store(c01, c + TSimd.Lanes);
        if (TVectors.Value > 2) TSimd.Store(c02, c + 2 * TSimd.Lanes);
        if (TVectors.Value > 3) TSimd.Store(c03, c + 3 * TSimd.Lanes);

        if (TRows.Value > 1)
        {
            TSimd.Store(c10, c + ldC);
            if (TVectors.Value > 1) TSimd.Store(c11, c + ldC + TSimd.Lanes);
            if (TVectors.Value > 2) TSimd.Store(c12, c + ldC + 2 * TSimd.Lanes);
            if (TVectors.Value > 3) TSimd.Store(c13, c + ldC + 3 * TSimd.Lanes);
        }

        if (TRows.Value > 2)
        {
            TSimd.Store(c20, c + 2 * ldC);
            if (TVectors.Value > 1) TSimd.Store(c21, c + 2 * ldC + TSimd.Lanes);
            if (TVectors.Value > 2) TSimd.Store(c22, c + 2 * ldC + 2 * TSimd.Lanes);
            if (TVectors.Value > 3) TSimd.Store(c23, c + 2 * ldC + 3 * TSimd.Lanes);
        }

        if (TRows.Value > 3)
        {
            TSimd.Store(c30, c + 3 * ldC);
            if (TVectors.Value > 1) TSimd.Store(c31, c + 3 * ldC + TSimd.Lanes);
            if (TVectors.Value > 2) TSimd.Store(c32, c + 3 * ldC + 2 * TSimd.Lanes);
            if (TVectors.Value > 3) TSimd.Store(c33, c + 3 * ldC + 3 * TSimd.Lanes);
        }

        if (TRows.Value > 4)
        {
            TSimd.Store(c40, c + 4 * ldC);
            if (TVectors.Value > 1) TSimd.Store(c41, c + 4 * ldC + TSimd.Lanes);
            if (TVectors.Value > 2) TSimd.Store(c42, c + 4 * ldC + 2 * TSimd.Lanes);
            if (TVectors.Value > 3) TSimd.Store(c43, c + 4 * ldC + 3 * TSimd.Lanes);
        }

        if (TRows.Value > 5)
        {
            TSimd.Store(c50, c + 5 * ldC);
            if (TVectors.Value > 1) TSimd.Store(c51, c + 5 * ldC + TSimd.Lanes);
            if (TVectors.Value > 2) TSimd.Store(c52, c + 5 * ldC + 2 * TSimd.Lanes);
            if (TVectors.Value > 3) TSimd.Store(c53, c + 5 * ldC + 3 * TSimd.Lanes);
        }
    }
}

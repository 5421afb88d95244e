using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>
/// Lays a slice of an operand out in panels: k after k, and for each k the columns of one panel side by side, absent
/// ones zero.
/// </summary>
static unsafe class Packing
{
    /// <summary>
    /// Rows between the one that is copied and the one that is fetched: rows lie on other pages, where the processor's
    /// own prefetch ends.
    /// </summary>
    const int Ahead = 4;

    /// <summary>From a matrix whose rows are k: element (k, column) at source[k · ld + column].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy<TSimd, TVector>(float* source, int ld, int columns, int depth, int width, float* panels)
        where TSimd : struct, ISimd<TVector>
    {
        // Row by row: the source is read in long runs.
        var full = columns / width * width;
        for (var k = 0; k < depth; k++)
        {
            var ahead = k + Ahead < depth ? Ahead * (long)ld : 0;
            var row = source + (long)k * ld;
            var target = panels + (long)k * width;
            for (var first = 0; first < full; first += width)
            {
                for (var column = 0; column < width; column += TSimd.Lanes)
                {
                    if (Sse.IsSupported)
                        Sse.Prefetch0(row + column + ahead);
                    TSimd.Store(TSimd.Load(row + column), target + column);
                }

                row += width;
                target += (long)depth * width;
            }
        }

        if (full < columns)
            CopyEdge(source + full, ld, columns - full, depth, width, panels + (long)full * depth);
    }

    /// <summary>As <see cref="Copy"/> for panels of six columns, the rows of a register tile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopySix(float* source, int ld, int columns, int depth, float* panels)
    {
        const int Width = 6, Stripe = 4;

        // Reading two floats too many is harmless within a row; writing them is undone by the next k of the same panel,
        // so panels are filled in ascending order. Stripes of k keep the lines of the source in the nearest cache while
        // all panels take their share.
        var full = columns < Width + 2 ? 0 : (columns - 2) / Width * Width;
        for (var stripe = 0; stripe < depth; stripe += Stripe)
        {
            var end = Math.Min(stripe + Stripe, depth);
            for (var first = 0; first < full; first += Width)
            {
                var panel = panels + (long)first * depth + stripe * Width;
                var row = source + (long)stripe * ld + first;
                if (Sse.IsSupported && end + Stripe <= depth)
                {
                    for (var k = 0; k < Stripe; k++)
                        Sse.Prefetch0(row + (long)(Stripe + k) * ld);
                }

                for (var k = stripe; k < end - 1; k++)
                {
                    Vector128.Store(Vector128.Load(row), panel);
                    Vector128.Store(Vector128.Load(row + 4), panel + 4);
                    row += ld;
                    panel += Width;
                }

                Vector128.Store(Vector128.Load(row), panel);
                Vector64.Store(Vector64.Load(row + 4), panel + 4);
            }
        }

        for (var first = full; first < columns; first += Width)
            CopyEdge(source + first, ld, Math.Min(Width, columns - first), depth, Width, panels + (long)first * depth);
    }

    /// <summary>From a matrix whose columns are k: element (k, column) at source[column · ld + k].</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Transpose(float* source, int ld, int columns, int depth, int width, float* panels)
    {
        for (var first = 0; first < columns; first += width)
        {
            var present = Math.Min(width, columns - first);
            var column = 0;
            for (; column + 4 <= present; column += 4)
            {
                if (Sse.IsSupported && first + column + (3 * Ahead) <= columns)
                    FetchFour(source + (long)(first + column + (2 * Ahead)) * ld, ld, depth);
                TransposeFour(source + (long)(first + column) * ld, ld, depth, width, panels + column);
            }
            for (; column < width; column++)
            {
                for (var k = 0; k < depth; k++)
                    panels[(long)k * width + column] = column < present ? source[(long)(first + column) * ld + k] : 0;
            }

            panels += (long)width * depth;
        }
    }

    /// <summary>target[row · ldTarget + column] = source[column · ld + row], in whole vectors of the target's rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void TransposeBack<TSimd, TVector>(float* source, int ld, int columns, int rows, float* target, int ldTarget)
        where TSimd : struct, ISimdColumns<TVector>
    {
        var column = 0;
        for (; column + TSimd.Lanes <= columns; column += TSimd.Lanes)
        {
            var from = source + (long)column * ld;
            var to = target + column;
            var row = 0;
            for (; row + 4 <= rows; row += 4)
            {
                TSimd.LoadColumns(from + row, ld, out var first, out var second, out var third, out var fourth);
                TSimd.Store(first, to);
                TSimd.Store(second, to + ldTarget);
                TSimd.Store(third, to + 2L * ldTarget);
                TSimd.Store(fourth, to + 3L * ldTarget);
                to += 4L * ldTarget;
            }

            for (; row < rows; row++)
            {
                for (var lane = 0; lane < TSimd.Lanes; lane++)
                    to[lane] = from[(long)lane * ld + row];
                to += ldTarget;
            }
        }

        for (; column < columns; column++)
        {
            for (var row = 0; row < rows; row++)
                target[(long)row * ldTarget + column] = source[(long)column * ld + row];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void CopyEdge(float* source, int ld, int present, int depth, int width, float* panel)
    {
        // Whole vectors first: an edge is often half a panel.
        var vectors = present / Vector128<float>.Count * Vector128<float>.Count;
        for (var k = 0; k < depth; k++)
        {
            var column = 0;
            for (; column < vectors; column += Vector128<float>.Count)
                Vector128.Store(Vector128.Load(source + column), panel + column);
            for (; column < present; column++)
                panel[column] = source[column];
            for (; column < width; column++)
                panel[column] = 0;
            source += ld;
            panel += width;
        }
    }

    static void FetchFour(float* source, nint ld, int depth)
    {
        const int FloatsPerLine = 16;
        for (var row = 0; row < 4; row++)
        {
            for (var k = 0; k < depth; k += FloatsPerLine)
                Sse.Prefetch0(source + row * ld + k);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void TransposeFour(float* source, nint ld, int depth, nint width, float* target)
    {
        var k = 0;
        for (; k + 4 <= depth; k += 4)
        {
            Simd128.LoadColumns(source, ld, out var first, out var second, out var third, out var fourth);
            first.Store(target);
            second.Store(target + width);
            third.Store(target + 2 * width);
            fourth.Store(target + 3 * width);
            source += 4;
            target += 4 * width;
        }

        for (; k < depth; k++)
        {
            for (var column = 0; column < 4; column++)
                target[column] = source[column * ld];
            source++;
            target += width;
        }
    }
}

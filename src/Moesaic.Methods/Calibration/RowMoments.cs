using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Methods.Calibration;

/// <summary>What calibration asks of a row of numbers, in one reading and in float64. Vectors of 256 bits serve all machines: memory is the limit.</summary>
static class RowMoments
{
    /// <summary>Adds a row to a sum.</summary>
    /// <param name="row">[D].</param>
    /// <param name="sum">[D], added to.</param>
    /// <returns>Σ x² and the largest |x|.</returns>
    public static (double Squares, float Largest) Add(ReadOnlySpan<float> row, Span<double> sum)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sum.Length, row.Length);
        ref var x = ref MemoryMarshal.GetReference(row);
        ref var s = ref MemoryMarshal.GetReference(sum);
        Vector256<double> low = default, high = default;
        Vector256<float> largest = default;
        nuint i = 0, half = (nuint)Vector256<double>.Count, end = (nuint)(row.Length - (row.Length % Vector256<float>.Count));
        for (; i < end; i += 2 * half)
        {
            var values = Vector256.LoadUnsafe(ref x, i);
            largest = Vector256.Max(largest, Vector256.Abs(values));
            var (a, b) = Vector256.Widen(values);
            low += a * a;
            high += b * b;
            (Vector256.LoadUnsafe(ref s, i) + a).StoreUnsafe(ref s, i);
            (Vector256.LoadUnsafe(ref s, i + half) + b).StoreUnsafe(ref s, i + half);
        }
        var squares = Vector256.Sum(low + high);
        var most = 0f;
        for (var lane = 0; lane < Vector256<float>.Count; lane++) most = MathF.Max(most, largest[lane]);
        for (var d = (int)i; d < row.Length; d++)
        {
            squares += (double)row[d] * row[d];
            most = MathF.Max(most, MathF.Abs(row[d]));
            sum[d] += row[d];
        }
        return (squares, most);
    }

    /// <summary>x·y, x·x and y·y.</summary>
    /// <param name="first">x, [D].</param>
    /// <param name="second">y, [D].</param>
    public static (double Product, double First, double Second) Products(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(second.Length, first.Length);
        ref var x = ref MemoryMarshal.GetReference(first);
        ref var y = ref MemoryMarshal.GetReference(second);
        Vector256<double> xy = default, xx = default, yy = default;
        nuint i = 0, step = (nuint)Vector256<float>.Count, end = (nuint)(first.Length - (first.Length % Vector256<float>.Count));
        for (; i < end; i += step)
        {
            var (a, b) = Vector256.Widen(Vector256.LoadUnsafe(ref x, i));
            var (c, d) = Vector256.Widen(Vector256.LoadUnsafe(ref y, i));
            xy += (a * c) + (b * d);
            xx += (a * a) + (b * b);
            yy += (c * c) + (d * d);
        }
        double product = Vector256.Sum(xy), ofFirst = Vector256.Sum(xx), ofSecond = Vector256.Sum(yy);
        for (var d = (int)i; d < first.Length; d++)
        {
            product += (double)first[d] * second[d];
            ofFirst += (double)first[d] * first[d];
            ofSecond += (double)second[d] * second[d];
        }
        return (product, ofFirst, ofSecond);
    }

    /// <summary>cos(x, y); 0 where one is zero.</summary>
    public static double Cosine(ReadOnlySpan<float> first, ReadOnlySpan<float> second)
    {
        var (product, ofFirst, ofSecond) = Products(first, second);
        return ofFirst > 0 && ofSecond > 0 ? product / Math.Sqrt(ofFirst * ofSecond) : 0;
    }
}

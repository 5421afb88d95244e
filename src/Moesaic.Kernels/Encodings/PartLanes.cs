using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// Eight parts of a block side by side: lane p of vector i is value i of part p. A search then runs in all lanes at once,
/// and each lane sums in the order of its own part, so the bits are those of the plain search.
/// </summary>
static class PartLanes
{
    /// <summary>Parts that are searched together.</summary>
    internal const int Count = 8;

    /// <summary>Longest part.</summary>
    internal const int MaxLength = 32;

    internal static void Interleave(ReadOnlySpan<float> parts, Span<Vector256<float>> lanes)
    {
        int n = lanes.Length;
        parts = parts[..(Count * n)];
        for (int i = 0; i < n; i++)
        {
            lanes[i] = Vector256.Create(
                parts[i], parts[i + n], parts[i + 2 * n], parts[i + 3 * n],
                parts[i + 4 * n], parts[i + 5 * n], parts[i + 6 * n], parts[i + 7 * n]);
        }
    }

    /// <summary>Value i of every part, as bytes.</summary>
    internal static void Scatter(Vector256<int> lanes, Span<byte> parts, int i, int length)
    {
        ulong low = Vector256.Narrow(Vector256.Narrow(lanes, lanes), default).AsUInt64()[0];
        for (int part = 0; part < Count; part++) parts[part * length + i] = (byte)(low >> 8 * part);
    }

    /// <summary><see cref="Rounding.Nearest(float, int, int)"/> in each lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> Nearest(Vector256<float> x, int least, int most)
    {
        Vector256<int> bits = (x + Vector256.Create(12582912f)).AsInt32();
        Vector256<int> nearest = (bits & Vector256.Create(0x7FFFFF)) - Vector256.Create(0x400000);
        return Vector256.Max(Vector256.Create(least), Vector256.Min(Vector256.Create(most), nearest));
    }
}

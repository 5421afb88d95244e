using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// The last, incomplete vector of a row: touches <c>count</c> values and nothing beyond. Inlined, since a call anywhere
/// in a method makes the compiler keep the sums of its loops in memory.
/// </summary>
static unsafe class Partial
{
    /// <summary>The first <paramref name="count"/> values, then <paramref name="rest"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TLanes Load<TLanes>(float* address, int count, float rest = 0)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes lanes = TLanes.Create(rest);
        Copy(address, (float*)Unsafe.AsPointer(ref lanes), count);
        return lanes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Store<TLanes>(TLanes lanes, float* address, int count)
        where TLanes : struct, ILanes<TLanes> =>
        Copy((float*)Unsafe.AsPointer(ref lanes), address, count);

    // At most fifteen values.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Copy(float* from, float* to, int count)
    {
        for (int i = 0; i < count; i++) to[i] = from[i];
    }
}

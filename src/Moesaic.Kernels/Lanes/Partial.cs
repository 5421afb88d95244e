using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>The last, incomplete vector of a row: touches <c>count</c> values and nothing beyond.</summary>
static unsafe class Partial
{
    /// <summary>The first <paramref name="count"/> values, then <paramref name="rest"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static TLanes Load<TLanes>(float* address, int count, float rest = 0)
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes lanes = TLanes.Create(rest);
        Unsafe.CopyBlockUnaligned(Unsafe.AsPointer(ref lanes), address, (uint)count * sizeof(float));
        return lanes;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void Store<TLanes>(TLanes lanes, float* address, int count)
        where TLanes : struct, ILanes<TLanes> =>
        Unsafe.CopyBlockUnaligned(address, Unsafe.AsPointer(ref lanes), (uint)count * sizeof(float));
}

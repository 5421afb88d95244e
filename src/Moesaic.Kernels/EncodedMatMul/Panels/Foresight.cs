using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>
/// Asks for memory before it is needed. With few activation rows the time is that of reading the weights, and the
/// processor's own foresight ends at each page.
/// </summary>
static unsafe class Foresight
{
    const int LineBytes = 64;

    /// <summary>Asks for all cache lines of some bytes at once.</summary>
    internal static void Fetch(byte* address, int bytes)
    {
        if (!Sse.IsSupported) return;
        for (var offset = 0; offset < bytes; offset += LineBytes)
            Sse.Prefetch0(address + offset);
    }
}

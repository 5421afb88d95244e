using System.Runtime.InteropServices;

namespace Moesaic.Bench;

/// <summary>Aligned native memory with reproducible values in -1..1.</summary>
sealed unsafe class NativeFloats : IDisposable
{
    public NativeFloats(long length, int seed)
    {
        Address = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1) * sizeof(float), 64);
        var random = new Random(seed);
        for (long i = 0; i < length; i++)
            Address[i] = random.NextSingle() * 2 - 1;
    }

    public float* Address { get; }

    public void Dispose() => NativeMemory.AlignedFree(Address);
}

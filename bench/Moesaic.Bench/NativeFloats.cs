using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>Aligned native memory with reproducible values in -1..1.</summary>
sealed unsafe class NativeFloats : IDisposable
{
    readonly AlignedBlock block;

    public NativeFloats(long length, int seed)
    {
        block = new AlignedBlock(length * sizeof(float), zeroed: false);
        var random = new Random(seed);
        for (long i = 0; i < length; i++)
            Address[i] = random.NextSingle() * 2 - 1;
    }

    public float* Address => (float*)block.Pointer;

    public void Dispose() => block.Dispose();
}

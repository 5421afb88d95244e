using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>The other ceiling: reading memory in order, once, by all threads of the team, in parts like a real kernel.</summary>
sealed unsafe class ReadBandwidth : IDisposable
{
    const long Bytes = 512L << 20;
    const int PartBytes = 1 << 20;
    const int PageLongs = 4096 / sizeof(long);

    readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, 64);

    public ReadBandwidth() => NativeMemory.Fill(_memory, (nuint)Bytes, 1);

    /// <summary>GB of one <see cref="Run"/>.</summary>
    public static double Gigabytes => Bytes * 1e-9;

    public void Run()
    {
        var job = new Job(_memory);
        WorkerTeam.Run(ref job, (int)(Bytes / PartBytes));
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    readonly struct Job(byte* memory) : IJob
    {
        public void Execute(int part)
        {
            if (Sum((long*)(memory + (long)part * PartBytes), PartBytes / sizeof(long)) == 0)
                throw new InvalidOperationException("The sum cannot come to this; the test keeps the reading alive.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static long Sum(long* values, int count)
    {
        Vector256<long> a = default, b = default, c = default, d = default;
        for (var i = 0; i < count; i += 16)
        {
            if (Sse.IsSupported && i % PageLongs == 0)
            {
                // The processor foresees what is read next, but only up to the end of a page.
                for (var line = 0; line < PageLongs; line += 8)
                    Sse.Prefetch0(values + i + line);
            }

            a += Vector256.Load(values + i);
            b += Vector256.Load(values + i + 4);
            c += Vector256.Load(values + i + 8);
            d += Vector256.Load(values + i + 12);
        }

        return Vector256.Sum(a + b + (c + d));
    }
}

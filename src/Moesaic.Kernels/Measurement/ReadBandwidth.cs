using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>
/// The machine's ceiling of reading: memory in order, by all threads of the team, in parts like a real kernel. It bounds
/// decoding, where every weight in use is read once per token and little is computed with it.
/// </summary>
public sealed unsafe class ReadBandwidth : IDisposable
{
    const long Usual = 512L << 20;
    const int PartBytes = 1 << 20;
    const int PageLongs = 4096 / sizeof(long);

    readonly AlignedBlock _memory;
    readonly int _parts;

    /// <summary>Takes 512 MiB.</summary>
    public ReadBandwidth() : this(Usual) { }

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">Well beyond the last cache; rounded down to whole parts of 1 MiB.</param>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public ReadBandwidth(long bytes)
    {
        _parts = (int)Math.Max(1, bytes / PartBytes);
        _memory = new AlignedBlock((long)_parts * PartBytes, zeroed: false);
        NativeMemory.Fill(_memory.Pointer, (nuint)_memory.Bytes, 1);
    }

    /// <summary>GB of one <see cref="Run"/>.</summary>
    public double Gigabytes => _memory.Bytes * 1e-9;

    /// <summary>Reads all of it once.</summary>
    public void Run()
    {
        var job = new Job((byte*)_memory.Pointer);
        WorkerTeam.Run(ref job, _parts);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => _memory.Dispose();

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

namespace Moesaic.Kernels.Tests;

/// <summary>
/// One call of a kernel: the content of its buffers before (inputs and outputs alike), the call, and the same call of
/// the reference in float64.
/// </summary>
sealed record KernelCase(string Name, float[][] Buffers, KernelCase.Call Fast, Action<double[][]> Reference)
{
    internal delegate void Call(GuardedBuffer[] buffers);

    /// <summary>Numbers between −1 and 1 of a fixed seed.</summary>
    internal static float[] Numbers(int count, int seed, float scale = 1)
    {
        var random = new Random(seed);
        var numbers = new float[count];
        foreach (ref float number in numbers.AsSpan()) number = (float)(random.NextDouble() * 2 - 1) * scale;
        return numbers;
    }

    /// <summary>
    /// Runs at <paramref name="level"/> with buffers against either guard page and holds every buffer, inputs included,
    /// to the reference: |fast − exact| ≤ tolerance · (1 + largest exact magnitude of the buffer); NaN and infinities
    /// at the same places.
    /// </summary>
    internal void Check(KernelLevel level, double tolerance) => Levels.At(level, () =>
    {
        double[][] exact = [.. Buffers.Select(buffer => Array.ConvertAll(buffer, value => (double)value))];
        Reference(exact);
        foreach (bool atEnd in new[] { true, false })
        {
            float[][] results = Run(atEnd);
            for (int buffer = 0; buffer < results.Length; buffer++) Compare(exact[buffer], results[buffer], buffer, tolerance);
        }
    });

    /// <summary>1, 2 and 3 threads give the same bits.</summary>
    internal void CheckThreads(KernelLevel level) => Levels.At(level, () =>
    {
        int before = WorkerTeam.Threads;
        try
        {
            float[][][] results = [.. new[] { 1, 2, 3 }.Select(threads =>
            {
                WorkerTeam.Threads = threads;
                return Run(atEnd: true);
            })];
            for (int buffer = 0; buffer < Buffers.Length; buffer++)
            {
                Assert.True(Bits(results[0][buffer]).SequenceEqual(Bits(results[1][buffer])), $"{Name}: 2 threads differ from 1.");
                Assert.True(Bits(results[0][buffer]).SequenceEqual(Bits(results[2][buffer])), $"{Name}: 3 threads differ from 1.");
            }
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    });

    /// <summary>A second call allocates nothing on the managed heap of the calling thread.</summary>
    internal void CheckAllocation(KernelLevel level) => Levels.At(level, () =>
    {
        GuardedBuffer[] buffers = [.. Buffers.Select(buffer => new GuardedBuffer(buffer, atEnd: true))];
        for (int i = 0; i < 3; i++) Fast(buffers);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Fast(buffers);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        foreach (GuardedBuffer buffer in buffers) buffer.Dispose();
        Assert.Equal(0, allocated);
    });

    internal float[][] Run(bool atEnd)
    {
        GuardedBuffer[] buffers = [.. Buffers.Select(buffer => new GuardedBuffer(buffer, atEnd))];
        Fast(buffers);
        float[][] results = [.. buffers.Select(buffer => buffer.Span.ToArray())];
        foreach (GuardedBuffer buffer in buffers) buffer.Dispose();
        return results;
    }

    static IEnumerable<int> Bits(float[] values) => values.Select(BitConverter.SingleToInt32Bits);

    void Compare(double[] exact, float[] fast, int buffer, double tolerance)
    {
        double allowed = tolerance * (1 + exact.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty().Max());
        for (int i = 0; i < exact.Length; i++)
        {
            bool same = double.IsFinite(exact[i]) && Math.Abs(exact[i]) <= float.MaxValue
                ? Math.Abs(exact[i] - fast[i]) <= allowed
                : ((float)exact[i]).Equals(fast[i]);
            Assert.True(same, $"{Name}: buffer {buffer}[{i}] of {exact.Length} is {fast[i]:R}, exact {exact[i]:R}, allowed {allowed:E1}.");
        }
    }
}

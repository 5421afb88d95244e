using System.Diagnostics;

namespace Moesaic.Kernels;

/// <summary>
/// What this machine can do at best, with the threads of the team: the two ceilings of the roofline (Williams et al. 2009). Each
/// is the best of several runs, because other work only ever slows.
/// </summary>
public static class MachineSpeed
{
    /// <summary>Float32 operations per second, a fused multiply-add counting two; measured for about a tenth of a second.</summary>
    /// <param name="level">One with vectors that <see cref="KernelSelection.Supports"/>.</param>
    public static double Flops(KernelLevel level) => 1e9 * Best(200, () => FmaPeak.Run(level), FmaPeak.Gflop(level));

    /// <summary>Bytes per second when memory is read in order; measured for about half a second.</summary>
    /// <param name="bytes">Memory to take and read: well beyond the last cache. Given back.</param>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public static double ReadBytes(long bytes)
    {
        using var memory = new ReadBandwidth(bytes);
        return 1e9 * Best(7, memory.Run, memory.Gigabytes);
    }

    static double Best(int runs, Action run, double work)
    {
        var best = 0.0;
        for (var i = 0; i < runs; i++)
        {
            var start = Stopwatch.GetTimestamp();
            run();
            best = Math.Max(best, work / Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }
}

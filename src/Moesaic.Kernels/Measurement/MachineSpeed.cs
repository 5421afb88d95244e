using System.Diagnostics;

namespace Moesaic.Kernels;

/// <summary>What this machine can do at best, with the threads of the team: the two ceilings of the roofline (Williams et al. 2009).</summary>
/// <param name="ReadBytesPerSecond">Reading memory in order.</param>
/// <param name="FlopsPerSecond">Float32 operations; a fused multiply-add counts two.</param>
public sealed record MachineSpeed(double ReadBytesPerSecond, double FlopsPerSecond)
{
    /// <summary>Measures for about half a second; the best of several runs, because other work only ever slows.</summary>
    public static MachineSpeed Measure()
    {
        using var memory = new ReadBandwidth();
        var level = KernelSelection.Level == KernelLevel.Reference ? KernelLevel.Vector128 : KernelSelection.Level;
        return new MachineSpeed(
            1e9 * Best(7, memory.Run, ReadBandwidth.Gigabytes), 1e9 * Best(200, () => FmaPeak.Run(level), FmaPeak.Gflop(level)));
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

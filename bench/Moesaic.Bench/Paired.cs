using System.Diagnostics;

namespace Moesaic.Bench;

/// <summary>
/// Times contestants in interleaved rounds, so that whatever else the machine does meets all of them alike. Rates are
/// compared within a round and only then summarised.
/// </summary>
sealed class Paired
{
    const double MinimumSeconds = 0.02;

    /// <summary>Milliseconds until the threads of a peer have stopped spinning; OpenBLAS takes about 25.</summary>
    const int Rest = 50;

    readonly double[][] _seconds;

    Paired(double[][] seconds) => _seconds = seconds;

    /// <summary>
    /// Count the processor time of the process instead of the time on the wall: a fair clock for one thread on a
    /// machine with other work, which no benchmark of a team should use.
    /// </summary>
    public static bool UseProcessorTime { get; set; }

    /// <summary>Runs every contestant once per round, each for at least 20 ms.</summary>
    public static Paired Measure(int rounds, params Action[] contestants)
    {
        var repetitions = Array.ConvertAll(contestants, Calibrate);
        var seconds = Array.ConvertAll(contestants, _ => new double[rounds]);
        for (var round = 0; round < rounds; round++)
        {
            for (var i = 0; i < contestants.Length; i++)
            {
                if (!UseProcessorTime) Thread.Sleep(Rest);
                seconds[i][round] = Time(contestants[i], repetitions[i]) / repetitions[i];
            }
        }

        return new Paired(seconds);
    }

    /// <summary>Seconds per run of a contestant.</summary>
    public Summary Seconds(int contestant) => Summary.Of(_seconds[contestant]);

    /// <summary>
    /// Work per second of a contestant, for example in GFLOP/s with <paramref name="work"/> in GFLOP.
    /// </summary>
    public Summary Rate(int contestant, double work) => Summary.Of(Array.ConvertAll(_seconds[contestant], s => work / s));

    /// <summary>Rate of a contestant over the rate of another, round by round.</summary>
    public Summary Ratio(int contestant, double work, int other, double otherWork) => Summary.Of(
        _seconds[contestant].Zip(_seconds[other], (own, others) => work / own / (otherWork / others)).ToArray());

    static int Calibrate(Action contestant)
    {
        // The first calls compile; the fastest of a few tells the length, and of a long one the first two do.
        var best = double.MaxValue;
        for (var i = 0; i < (best < 1 ? 4 : 2); i++)
            best = Math.Min(best, Time(contestant, 1));
        return (int)Math.Ceiling(MinimumSeconds / Math.Max(best, 1e-7));
    }

    static double Time(Action contestant, int repetitions)
    {
        var start = Now();
        for (var i = 0; i < repetitions; i++)
            contestant();
        return (Now() - start).TotalSeconds;
    }

    static TimeSpan Now() => UseProcessorTime ? Environment.CpuUsage.TotalTime : Stopwatch.GetElapsedTime(0);
}

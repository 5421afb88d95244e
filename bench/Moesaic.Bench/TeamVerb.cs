using System.Diagnostics;
using System.Globalization;
using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>What handing a job to the worker team costs, while it is busy and after it has gone to sleep.</summary>
static class TeamVerb
{
    public const string Usage = "  team [--threads N]   the cost of an empty job, back to back and after a pause";

    public static int Run(string[] args)
    {
        switch (args)
        {
            case []: break;
            case ["--threads", var number]: WorkerTeam.Threads = int.Parse(number, CultureInfo.InvariantCulture); break;
            default: Console.Error.WriteLine(Usage); return 2;
        }

        Console.WriteLine($"threads {WorkerTeam.Threads}, {Processor.Name}");
        Print("back to back", Sample(2000, pause: 0));
        Print("after 10 ms of sleep", Sample(50, pause: 10));
        return 0;
    }

    /// <summary>Microseconds until an empty job with a part per thread has returned.</summary>
    static double[] Sample(int count, int pause)
    {
        var job = new EmptyJob();
        for (var i = 0; i < 1000; i++)
            WorkerTeam.Run(ref job, WorkerTeam.Threads);

        var microseconds = new double[count];
        for (var i = 0; i < count; i++)
        {
            if (pause > 0)
                Thread.Sleep(pause);
            var start = Stopwatch.GetTimestamp();
            WorkerTeam.Run(ref job, WorkerTeam.Threads);
            microseconds[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        return microseconds;
    }

    static void Print(string name, double[] microseconds) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{name}: median {Summary.Of(microseconds).Median:F2} microseconds"));

    struct EmptyJob : IJob
    {
        public readonly void Execute(int part)
        {
        }
    }
}

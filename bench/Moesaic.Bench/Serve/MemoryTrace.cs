using System.Diagnostics;
using System.Globalization;

namespace Moesaic.Bench.Serve;

/// <summary>What a process holds in the course of time: resident bytes, threads, open files.</summary>
sealed class MemoryTrace : IAsyncDisposable
{
    readonly CancellationTokenSource stopping = new();
    readonly List<(double Seconds, double Bytes, int Threads, int Files)> samples = [];
    readonly Task sampling;

    public MemoryTrace(int process) => sampling = SampleAsync(process);

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await sampling;
        stopping.Dispose();
    }

    /// <summary>From this second on.</summary>
    public MemoryFigures After(double warmUp)
    {
        var kept = samples.Where(s => s.Seconds >= warmUp).ToList();
        if (kept.Count < 4) return default;
        var (t, m) = (kept.Average(s => s.Seconds), kept.Average(s => s.Bytes));
        var slope = kept.Sum(s => (s.Seconds - t) * (s.Bytes - m)) / kept.Sum(s => (s.Seconds - t) * (s.Seconds - t));
        var part = kept.Count / 4;
        return new(kept[0].Bytes, kept.Max(s => s.Bytes), Floor(kept.Take(part)), Floor(kept.TakeLast(part)), 60 * slope,
            kept.Max(s => s.Threads), kept[^1].Files, kept.Max(s => s.Files));
    }

    // Garbage that is not collected yet comes and goes by a quarter of the whole; what would leak shows in what it comes down to.
    static double Floor(IEnumerable<(double Seconds, double Bytes, int Threads, int Files)> samples) => samples.Select(s => s.Bytes).Order().ElementAt(samples.Count() / 4);

    async Task SampleAsync(int process)
    {
        var start = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(0.5));
        try
        {
            do
            {
                var statm = File.ReadAllText($"/proc/{process}/statm").Split(' ');
                samples.Add((Stopwatch.GetElapsedTime(start).TotalSeconds, long.Parse(statm[1], CultureInfo.InvariantCulture) * (double)Environment.SystemPageSize,
                    Directory.GetDirectories($"/proc/{process}/task").Length, Directory.GetFileSystemEntries($"/proc/{process}/fd").Length));
            }
            while (await timer.WaitForNextTickAsync(stopping.Token));
        }
        catch (OperationCanceledException)
        {
        }
        catch (IOException)
        {
            // The process is gone.
        }
    }
}

/// <summary>What a process held after its warm-up, in bytes: of quarters what it comes down to, the lower quartile of their samples; the slope of all in bytes a minute.</summary>
readonly record struct MemoryFigures(double Start, double Highest, double FirstQuarter, double LastQuarter, double Slope, int Threads, int Files, int MostFiles);

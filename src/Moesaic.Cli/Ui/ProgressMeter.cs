namespace Moesaic.Cli.Ui;

/// <summary>Rate and remaining time of a task, from the reports of the last half minute.</summary>
sealed class ProgressMeter(double total, double done, TimeProvider time)
{
    const double WindowSeconds = 30;

    readonly long start = time.GetTimestamp();
    readonly double doneBefore = done;
    readonly Queue<(double At, double Done)> window = new([(0, done)]);

    public double Total => total;

    public double Done { get; private set; } = done;

    /// <summary>Null when the total is not known.</summary>
    public double? Fraction => total > 0 ? Math.Clamp(Done / total, 0, 1) : null;

    public double Elapsed => time.GetElapsedTime(start).TotalSeconds;

    /// <summary>Units per second in this run, without what an earlier run had done; null in the first moments.</summary>
    public double? Rate
    {
        get
        {
            var (at, before) = window.Peek();
            return Elapsed - at > 0.2 && Done > before ? (Done - before) / (Elapsed - at) : null;
        }
    }

    /// <summary>Units per second over the whole run.</summary>
    public double? AverageRate => Elapsed > 0.2 && Done > doneBefore ? (Done - doneBefore) / Elapsed : null;

    public double? SecondsLeft => total > 0 && Rate is { } rate ? Math.Max(0, total - Done) / rate : null;

    public void Report(double done)
    {
        Done = done;
        var now = Elapsed;
        // One entry a second is enough; the oldest within the window is the base of the rate.
        if (now - window.Last().At >= 1) window.Enqueue((now, done));
        while (window.Count > 1 && now - window.Peek().At > WindowSeconds) window.Dequeue();
    }
}

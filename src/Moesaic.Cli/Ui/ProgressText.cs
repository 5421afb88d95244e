namespace Moesaic.Cli.Ui;

/// <summary>A task in words.</summary>
static class ProgressText
{
    /// <summary>"43 %", "172,032 of 400,000 tokens", "2.13k tokens/s", "1 min 50 s left", "loss 2.310".</summary>
    public static IEnumerable<string> Parts(ProgressTask task, bool amounts)
    {
        var meter = task.Meter;
        if (meter.Fraction is { } fraction) yield return FormattableString.Invariant($"{Math.Floor(fraction * 100):0} %");
        if (amounts || meter.Fraction is null) yield return Amount(task);
        if (meter.Rate is { } rate) yield return Quantity.Rate(rate, task.Unit);
        if (meter.SecondsLeft is { } left) yield return Quantity.Duration(left) + " left";
        foreach (var figure in task.Figures) yield return $"{figure.Key} {Quantity.Of(figure.Value, figure.Unit)}";
    }

    /// <summary>"train: 400,000 tokens in 3 min 12 s, 2.08k tokens/s".</summary>
    public static string Finished(ProgressTask task)
    {
        var rate = task.Meter.AverageRate is { } average ? $", {Quantity.Rate(average, task.Unit)}" : "";
        return $"{task.Title}: {Quantity.Of(task.Meter.Done, task.Unit)} in {Quantity.Duration(task.Meter.Elapsed)}{rate}";
    }

    static string Amount(ProgressTask task) => task.Meter.Total > 0 && task.Unit != "bytes"
        ? $"{Quantity.Of(task.Meter.Done, "")} of {Quantity.Of(task.Meter.Total, task.Unit)}"
        : task.Meter.Total > 0 ? $"{Quantity.Bytes(task.Meter.Done)} of {Quantity.Bytes(task.Meter.Total)}"
        : Quantity.Of(task.Meter.Done, task.Unit);
}

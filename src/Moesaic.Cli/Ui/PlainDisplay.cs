namespace Moesaic.Cli.Ui;

/// <summary>For files, pipes and screen readers: a whole line every ten seconds and one at the end of a longer task.</summary>
sealed class PlainDisplay(TextWriter error) : IProgressDisplay
{
    const double WorthALine = 2;

    public TimeSpan Interval => TimeSpan.FromSeconds(10);

    public TimeSpan Delay => TimeSpan.FromSeconds(10);

    public void Began(ProgressTask task) { }

    public void Progressed(ProgressTask task)
    {
        error.WriteLine($"{task.Title}: {string.Join(", ", ProgressText.Parts(task, amounts: true))}");
        error.Flush();
    }

    public void Ended(ProgressTask task)
    {
        if (task.Meter.Elapsed < WorthALine) return;
        error.WriteLine(ProgressText.Finished(task));
        error.Flush();
    }

    public void Hide() { }
}

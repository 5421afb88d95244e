namespace Moesaic.Cli.Ui;

/// <summary>
/// The running tasks, the innermost on top, and how often the top one is shown. Also the lock of the view: whoever
/// writes holds it.
/// </summary>
sealed class ProgressStack(IProgressDisplay display, TimeProvider time)
{
    readonly List<ProgressTask> tasks = [];
    long lastShown;
    bool shown;

    public ProgressTask Begin(string title, double total, string unit, double done)
    {
        lock (this)
        {
            var task = new ProgressTask(this, title, unit, new ProgressMeter(total, done, time));
            tasks.Add(task);
            shown = false;
            display.Began(task);
            return task;
        }
    }

    internal void Progressed(ProgressTask task)
    {
        if (!ReferenceEquals(tasks.LastOrDefault(), task)) return;
        var due = shown ? time.GetElapsedTime(lastShown) >= display.Interval : task.Meter.Elapsed >= display.Delay.TotalSeconds;
        if (!due) return;
        (shown, lastShown) = (true, time.GetTimestamp());
        display.Progressed(task);
    }

    internal void End(ProgressTask task)
    {
        lock (this)
        {
            if (!tasks.Remove(task)) return;
            shown = false;
            display.Ended(task);
        }
    }

    /// <summary>Writes something that stays, with the running line out of the way.</summary>
    public void Above(Action write)
    {
        lock (this)
        {
            display.Hide();
            write();
        }
    }
}

using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Training;

/// <summary>Counts the reports of a task and cancels after one of them.</summary>
sealed class StopAfter(string task, int reports, CancellationTokenSource? stop) : IProgressReporter, IProgressTask
{
    public int Reports { get; private set; }

    public IProgressTask Begin(string title, double total, string unit, double done = 0) => title == task ? this : SilentProgress.Instance;

    public void Report(double done, params ReadOnlySpan<Figure> figures)
    {
        if (++Reports == reports) stop!.Cancel();
    }

    public void Measured(string title, IReadOnlyList<Figure> figures) { }

    public void Note(string message) { }

    public void Warn(string message) { }

    public void Dispose() { }
}

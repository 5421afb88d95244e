using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Ui;

/// <summary>A task as the screen sees it.</summary>
sealed class ProgressTask(ProgressStack stack, string title, string unit, ProgressMeter meter) : IProgressTask
{
    readonly List<Figure> figures = [];

    public string Title { get; } = title;

    public string Unit { get; } = unit;

    public ProgressMeter Meter { get; } = meter;

    public IReadOnlyList<Figure> Figures => figures;

    public void Report(double done, params ReadOnlySpan<Figure> latest)
    {
        lock (stack)
        {
            Meter.Report(done);
            figures.Clear();
            figures.AddRange(latest);
            stack.Progressed(this);
        }
    }

    public void Dispose() => stack.End(this);
}

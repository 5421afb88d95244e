using Moesaic.Methods.Progress;

namespace Moesaic.Methods.Steps;

/// <summary>Passes everything on and keeps the warnings, which belong into the report as well.</summary>
sealed class RecordingProgress(IProgressReporter inner) : IProgressReporter
{
    readonly List<string> warnings = [];

    public IReadOnlyList<string> Warnings
    {
        get { lock (warnings) return [.. warnings]; }
    }

    public IProgressTask Begin(string title, double total, string unit, double done = 0) => inner.Begin(title, total, unit, done);

    public void Measured(string title, IReadOnlyList<Figure> figures) => inner.Measured(title, figures);

    public void Note(string message) => inner.Note(message);

    public void Warn(string message)
    {
        lock (warnings) warnings.Add(message);
        inner.Warn(message);
    }
}

using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Steps;

/// <summary>Keeps what was said.</summary>
sealed class RecordingReporter : IProgressReporter
{
    public List<string> Notes { get; } = [];

    public List<string> Warnings { get; } = [];

    public IProgressTask Begin(string title, double total, string unit, double done = 0) => SilentProgress.Instance;

    public void Measured(string title, IReadOnlyList<Figure> figures) { }

    public void Note(string message) => Notes.Add(message);

    public void Warn(string message) => Warnings.Add(message);
}

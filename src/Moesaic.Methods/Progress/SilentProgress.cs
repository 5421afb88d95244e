using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Progress;

/// <summary>Nobody listens: for programs that embed a method and for tests.</summary>
public sealed class SilentProgress : IProgressReporter, IProgressTask
{
    /// <summary>The one instance; it has no state.</summary>
    public static SilentProgress Instance { get; } = new();

    SilentProgress() { }

    /// <inheritdoc/>
    public IProgressTask Begin(string title, double total, string unit, double done = 0) => this;

    /// <inheritdoc/>
    public void Report(double done, params ReadOnlySpan<Figure> figures) { }

    /// <inheritdoc/>
    public void Measured(string title, IReadOnlyList<Figure> figures) { }

    /// <inheritdoc/>
    public void Note(string message) { }

    /// <inheritdoc/>
    public void Warn(string message) { }

    /// <inheritdoc/>
    public void Dispose() { }
}

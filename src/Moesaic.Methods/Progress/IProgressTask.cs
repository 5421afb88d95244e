using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Progress;

/// <summary>A running piece of work, see <see cref="IProgressReporter.Begin"/>. Rates are the listener's affair.</summary>
public interface IProgressTask : IDisposable
{
    /// <summary>Says how much of the whole is finished.</summary>
    /// <param name="done">Finished so far in the task's unit, counted from the beginning and never falling.</param>
    /// <param name="figures">What to show beside it at this moment (loss, learning rate); the last call's are shown.</param>
    void Report(double done, params ReadOnlySpan<Figure> figures);
}

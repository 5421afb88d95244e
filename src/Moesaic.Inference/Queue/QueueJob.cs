using System.Diagnostics;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>Something asked of a queue: waits, runs, ends. All but the asking happens on the queue's thread.</summary>
abstract class QueueJob(string client, TimeSpan? deadline, CancellationToken cancellation)
{
    readonly long asked = Stopwatch.GetTimestamp();
    long started;

    public string Client => client;

    /// <summary>Place in the line, see <see cref="WaitingLine"/>.</summary>
    public long Turn { get; set; }

    public TimeSpan QueueTime => Stopwatch.GetElapsedTime(asked, started);

    /// <summary>Since it started.</summary>
    public TimeSpan RunTime => Stopwatch.GetElapsedTime(started);

    /// <summary>Whether nobody waits for it any more.</summary>
    protected virtual bool IsAbandoned => false;

    /// <summary>Ends it when it was cancelled, its time is over or it is not wanted any more.</summary>
    /// <returns>Whether it ended.</returns>
    public bool TryGiveUp()
    {
        if (cancellation.IsCancellationRequested) End(new OperationCanceledException("The request was cancelled.", cancellation));
        else if (IsAbandoned) End(new OperationCanceledException("Nobody reads the answer any more."));
        else if (Stopwatch.GetElapsedTime(asked) >= deadline) End(new TimeoutException($"The request did not end within its deadline of {deadline.Value.TotalSeconds:0.###} s."));
        else return false;
        return true;
    }

    /// <summary>Starts it.</summary>
    /// <param name="engine">Where.</param>
    /// <param name="ended">Whether that was its end.</param>
    /// <returns>False when there is no room yet.</returns>
    public bool TryStart(Engine engine, out bool ended)
    {
        started = Stopwatch.GetTimestamp();
        ended = false;
        try
        {
            return Start(engine);
        }
        // It was checked when it was asked; what is left is a defect or a template of settings that only the start sees.
        catch (Exception e) when (e is MoesaicException or ArgumentException)
        {
            End(e);
            return ended = true;
        }
    }

    /// <summary>After a step: passes on what came of it.</summary>
    /// <returns>Whether it ended.</returns>
    public bool Advance()
    {
        try
        {
            if (!Publish()) return false;
            End(null);
        }
        catch (MoesaicException e)
        {
            End(e);
        }
        return true;
    }

    /// <summary>Frees what it holds and tells whoever waits.</summary>
    /// <param name="failure">Null when all is well.</param>
    public abstract void End(Exception? failure);

    protected abstract bool Start(Engine engine);

    protected abstract bool Publish();
}

namespace Moesaic.Cli.Chat;

/// <summary>
/// What Ctrl-C means in a conversation: during an answer it stops the answer. Elsewhere, and during an answer that does not stop,
/// it says how to leave; the second time it leaves.
/// </summary>
/// <param name="hint">Called when the next Ctrl-C will leave.</param>
sealed class AnswerInterrupts(Action hint) : IDisposable
{
    readonly Lock one = new();
    CancellationTokenSource answer = new();
    bool answering, warned;

    /// <summary>Ctrl-C.</summary>
    /// <returns>False when it means to leave.</returns>
    public bool Interrupt()
    {
        lock (one)
        {
            if (answering && !answer.IsCancellationRequested)
            {
                answer.Cancel();
                return true;
            }
            if (answering || warned) return false;
            warned = true;
        }
        hint();
        return true;
    }

    /// <summary>An answer begins; the token stops it.</summary>
    public CancellationToken Begin()
    {
        lock (one)
        {
            answer.Dispose();
            (answer, answering, warned) = (new CancellationTokenSource(), true, false);
            return answer.Token;
        }
    }

    /// <summary>The answer ended.</summary>
    public void End()
    {
        lock (one) answering = false;
    }

    public void Dispose() => answer.Dispose();
}

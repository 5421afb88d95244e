using System.Runtime.InteropServices;

namespace Moesaic.Cli;

/// <summary>
/// Ctrl-C, or a request to terminate: the first asks the running work to save and stop, the second ends the process.
/// </summary>
sealed class StopSignals : IDisposable
{
    readonly CancellationTokenSource source = new();
    readonly PosixSignalRegistration[] registrations;
    readonly Action saving;

    /// <param name="saving">Called on the first signal, on a thread of its own.</param>
    public StopSignals(Action saving)
    {
        this.saving = saving;
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop),
        ];
    }

    public CancellationToken Token => source.Token;

    /// <summary>
    /// Lets the running command answer Ctrl-C itself, on a thread of its own. When it returns false the work is asked to stop.
    /// </summary>
    public Func<bool>? Interrupted { get; set; }

    /// <summary>What is said when the work is asked to stop, in place of the usual; on a thread of its own.</summary>
    public Action? Stopping { get; set; }

    void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        var answer = context.Signal == PosixSignal.SIGINT ? Interrupted : null;
        if (answer?.Invoke() == true) return;
        if (source.IsCancellationRequested) Environment.Exit(ExitCode.Cancelled);
        source.Cancel();
        if (answer is null) (Stopping ?? saving)();
    }

    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }
}

using Moesaic.Cli.Ui;

namespace Moesaic.Cli.Verbs;

/// <summary>What a running verb may use.</summary>
/// <param name="View">Where it shows things; verbs render nothing themselves.</param>
/// <param name="Signals">Ctrl-C and requests to terminate.</param>
/// <param name="Json">Whether the view is for programs.</param>
sealed record Session(IView View, StopSignals Signals, bool Json)
{
    /// <summary>Raised by the first Ctrl-C.</summary>
    public CancellationToken Cancellation => Signals.Token;
}

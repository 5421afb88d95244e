using Moesaic.Cli.Ui;

namespace Moesaic.Cli.Verbs;

/// <summary>What a running verb may use.</summary>
/// <param name="View">Where it shows things; verbs render nothing themselves.</param>
/// <param name="Cancellation">Raised by the first Ctrl-C.</param>
sealed record Session(IView View, CancellationToken Cancellation);

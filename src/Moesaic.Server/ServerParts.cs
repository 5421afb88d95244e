using Moesaic.Server.Errors;
using Moesaic.Server.Telemetry;

namespace Moesaic.Server;

/// <summary>What endpoints share.</summary>
/// <param name="Options">How the model is served.</param>
/// <param name="Model">The model.</param>
/// <param name="Errors">For failures inside a stream.</param>
/// <param name="Metrics">What is measured.</param>
sealed record ServerParts(ServerOptions Options, ServedModel Model, ErrorAnswers Errors, ServerMetrics Metrics)
{
    /// <summary>What was changed while it runs.</summary>
    public LivePolicy Policy { get; } = new();

    /// <summary>When the server started.</summary>
    public DateTimeOffset Started { get; } = Options.Time.GetUtcNow();
}

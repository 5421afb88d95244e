using Moesaic.Methods.Progress;

namespace Moesaic.Methods.Steps;

/// <summary>What a running step is given.</summary>
public sealed record StepContext
{
    /// <summary>Checkpoint folder the step reads and never changes.</summary>
    public required string InputFolder { get; init; }

    /// <summary>
    /// Where a step that writes a model puts the whole checkpoint. It does not exist yet and appears complete or not
    /// at all (write beside it, then rename). Unused when <see cref="IStep.WritesModel"/> is false.
    /// </summary>
    public required string OutputFolder { get; init; }

    /// <summary>
    /// The step's own folder, existing and empty on the first run: saved state to resume from, plans, statistics.
    /// It survives a kill and comes back to a step with the same options and inputs only.
    /// </summary>
    public required string WorkFolder { get; init; }

    /// <summary>
    /// Where a step puts files that are a result besides a checkpoint, such as statistics; made by the step. They are published in the
    /// recipe's output, and later steps find them in <see cref="Results"/>.
    /// </summary>
    public string ResultFolder => ResultsOf(WorkFolder);

    /// <summary>The folders of results of the steps before this one, with their verbs, in order; they may not exist.</summary>
    public IReadOnlyList<(string Verb, string Folder)> Results { get; init; } = [];

    internal static string ResultsOf(string workFolder) => Path.Combine(workFolder, "result");

    /// <summary>The recipe's seed: the only source of randomness.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Who is told about progress.</summary>
    public required IProgressReporter Progress { get; init; }

    /// <summary>Reports of the steps before this one, with their verbs, in order.</summary>
    public IReadOnlyList<(string Verb, StepReport Report)> Previous { get; init; } = [];

    /// <summary>
    /// Raised by the first Ctrl-C: save what is needed to resume into <see cref="WorkFolder"/> and throw
    /// <see cref="OperationCanceledException"/>.
    /// </summary>
    public CancellationToken Cancellation { get; init; }
}

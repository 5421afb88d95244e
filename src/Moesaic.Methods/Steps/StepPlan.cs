namespace Moesaic.Methods.Steps;

/// <summary>What a step is going to cost, as printed by --dry-run. Estimates, rounded up.</summary>
public sealed record StepPlan
{
    /// <summary>One line: "8 experts of width 64 per layer, 2 chosen, clustered by 65,536 tokens".</summary>
    public required string Summary { get; init; }

    /// <summary>What is read besides the model.</summary>
    public IReadOnlyList<StepInput> Inputs { get; init; } = [];

    /// <summary>Bytes read from disk, model included.</summary>
    public required long ReadBytes { get; init; }

    /// <summary>Highest resident memory of the process, in bytes.</summary>
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Expected duration in seconds on this machine.</summary>
    public required double Seconds { get; init; }

    /// <summary>Bytes written to disk, intermediate state included.</summary>
    public required long OutputBytes { get; init; }

    /// <summary>The model the step will write; null when its outline is that of the model it receives.</summary>
    public ModelOutline? Model { get; init; }

    /// <summary>Doubts and advice worth reading before starting: "layer 0 stays dense".</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];
}

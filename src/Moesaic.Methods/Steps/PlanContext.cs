namespace Moesaic.Methods.Steps;

/// <summary>What a step knows while the recipe is planned. No weights are read, nothing is written.</summary>
public sealed record PlanContext
{
    /// <summary>The model the step will receive, as it is on disk or as the steps before plan to write it.</summary>
    public required ModelOutline Model { get; init; }

    /// <summary>The recipe's seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Threads the step may use, 1 or more; for the estimate of time and memory only.</summary>
    public required int Threads { get; init; }
}

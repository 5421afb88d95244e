namespace Moesaic.Models;

/// <summary>What a router does otherwise while training; what is null is as in evaluation.</summary>
public sealed record RouterTrainingVariant
{
    /// <summary>Slot 3: what the router reads, never what the experts read, is multiplied by numbers from 1 − ε to 1 + ε (Switch, 0.01). Default 0.</summary>
    public float InputJitter { get; init; }

    /// <summary>Slot 6, such as all experts (DS-MoE) or a sampled second one (GShard).</summary>
    public SelectionRule? Selection { get; init; }

    /// <summary>Slot 8, such as a smaller factor.</summary>
    public CapacitySpec? Capacity { get; init; }
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Training.Balance;

/// <summary>
/// While training nobody may choose some experts of each cluster of neighbours, others every so many steps: tokens go to those that are
/// alike (MoEC, Xie et al. 2022, section 3.3).
/// </summary>
public sealed record ClusterDropoutOptions
{
    /// <summary>Number of clusters; divides the number of experts.</summary>
    [Range(1, 4096)]
    public required int Clusters { get; init; }

    /// <summary>Fraction of a cluster's experts that is dropped, rounded down; one always stays.</summary>
    [Range(0.0, 1.0)]
    public double Rate { get; init; } = 0.5;

    /// <summary>After so many steps others are dropped.</summary>
    [Unit("steps")]
    [Range(1, int.MaxValue)]
    public int Interval { get; init; } = 250;

    /// <summary>How many experts of a router stay.</summary>
    internal int Left(int experts) => experts - (Clusters * DroppedOf(experts / Clusters));

    /// <summary>How many experts of a cluster are dropped.</summary>
    internal int DroppedOf(int size) => Math.Min(size - 1, (int)(Rate * size));
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Compression.Search;

/// <summary>Numbers of the evolution of EEP; defaults are those of its released configuration.</summary>
public sealed record EepOptions
{
    /// <summary>Random choices to begin with.</summary>
    [Range(1, 1 << 20)]
    public int Initial { get; init; } = 30;

    /// <summary>Evaluations that choose experts, the initial ones included.</summary>
    [Range(1, 1 << 20)]
    public int Pruning { get; init; } = 100;

    /// <summary>Evaluations after these, that merge experts; 0 for a choice alone.</summary>
    [Range(0, 1 << 20)]
    public int Merging { get; init; }

    /// <summary>Best ones that are measured once more on other text, of which the best of all is taken; 0 for the best of the search.</summary>
    [Range(0, 1 << 20)]
    public int Retested { get; init; } = 20;

    /// <summary>Layers share a map in so many groups by depth.</summary>
    [Range(1, 1 << 16)]
    public int Groups { get; init; } = 4;

    /// <summary>Groups of layers, such as 0-7; every layer with experts is in one. Left out: by depth.</summary>
    public IReadOnlyList<string> Layers { get; init; } = [];

    /// <summary>What is measured of each model.</summary>
    public EepMetric Metric { get; init; } = EepMetric.Loss;

    /// <summary>metric signature: methods whose documentation is written for each model; as many others measure the best ones again.</summary>
    [Unit("methods")]
    [Range(1, 1 << 16)]
    public int SignatureItems { get; init; } = 64;

    /// <summary>metric signature: most tokens of a documentation.</summary>
    [Unit("tokens")]
    [Range(1, 1 << 16)]
    public int SignatureTokens { get; init; } = 128;

    /// <summary>metric loss: tokens of the calibration text that each model is measured on; as many others measure the best ones again.</summary>
    [Unit("tokens")]
    [Range(16, 1 << 24)]
    public int Tokens { get; init; } = 16_384;

    /// <summary>Part of all that were measured, best first, that may become parents; six at least.</summary>
    [Range(0, 1)]
    public double Parents { get; init; } = 0.6;

    /// <summary>While choosing: parents are at most so many points worse than the best.</summary>
    [Range(0, double.MaxValue)]
    public double PruningTolerance { get; init; } = 1;

    /// <summary>While merging: the same.</summary>
    [Range(0, double.MaxValue)]
    public double MergingTolerance { get; init; } = 3;

    /// <summary>Probability that a child has two parents, while choosing.</summary>
    [Range(0, 1)]
    public double Crossover { get; init; } = 0.3;

    /// <summary>Probability that an expert that stays is exchanged, in a group that changes.</summary>
    [Range(0, 1)]
    public double Exchange { get; init; } = 0.15;

    /// <summary>Probability that a group of layers changes; one always does.</summary>
    [Range(0, 1)]
    public double GroupChange { get; init; } = 0.25;

    /// <summary>Probability that a number of a map changes, while merging.</summary>
    [Range(0, 1)]
    public double NumberChange { get; init; } = 0.25;

    /// <summary>Deviation of that change.</summary>
    [Range(0, double.MaxValue)]
    public double Deviation { get; init; } = 0.065;

    /// <summary>Probability that the rows of a changed map are divided by their sums.</summary>
    [Range(0, 1)]
    public double NormaliseRows { get; init; } = 0.1;

    /// <summary>Tokens that pass through each model.</summary>
    internal long MeasuredTokens => Metric == EepMetric.Loss ? Tokens : (long)SignatureItems * SignatureTokens;

    /// <inheritdoc/>
    public bool Equals(EepOptions? other) => other is not null && Layers.SequenceEqual(other.Layers)
        && (Initial, Pruning, Merging, Retested, Groups, Tokens) == (other.Initial, other.Pruning, other.Merging, other.Retested, other.Groups, other.Tokens)
        && (Parents, PruningTolerance, MergingTolerance, Crossover, Exchange, GroupChange) == (other.Parents, other.PruningTolerance, other.MergingTolerance, other.Crossover, other.Exchange, other.GroupChange)
        && (Metric, SignatureItems, SignatureTokens) == (other.Metric, other.SignatureItems, other.SignatureTokens)
        && (NumberChange, Deviation, NormaliseRows) == (other.NumberChange, other.Deviation, other.NormaliseRows);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Initial, Pruning, Merging, Tokens);
}

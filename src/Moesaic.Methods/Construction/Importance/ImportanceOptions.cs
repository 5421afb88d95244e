using Moesaic.Methods.Construction.Divisions;

namespace Moesaic.Methods.Construction.Importance;

/// <summary>What is measured of a neuron for one token.</summary>
public enum ImportanceFeature
{
    /// <summary>h · ∂L/∂h: what the loss would lose to first order if the neuron were silenced.</summary>
    Change,

    /// <summary>∂L/∂h alone.</summary>
    Gradient,
}

/// <summary>Where the kernel stands when importance is summed.</summary>
public enum ImportanceSum
{
    /// <summary>Kernel of each token, then the sum: Σ |v|.</summary>
    Sample,

    /// <summary>Kernel of the sum: |Σ v|. Tokens of opposite sign cancel.</summary>
    Total,
}

/// <summary>Which neurons an expert takes first.</summary>
public enum ImportanceCriterion
{
    /// <summary>The most important ones.</summary>
    Max,

    /// <summary>The least important ones: a control.</summary>
    Min,
}

/// <summary>How the importance of neurons is measured; the defaults are those of the published models (LLaMA-MoE, Zhu et al. 2024).</summary>
public sealed record ImportanceOptions
{
    /// <summary>What is measured of a token. Default: change.</summary>
    public ImportanceFeature Feature { get; init; } = ImportanceFeature.Change;

    /// <summary>Whether the kernel stands inside the sum. Default: sample.</summary>
    public ImportanceSum Accumulate { get; init; } = ImportanceSum.Sample;

    /// <summary>|v|, v² or v. Default: l1.</summary>
    public ActivationKernel Kernel { get; init; } = ActivationKernel.L1;

    /// <summary>Which neurons go first. Default: max.</summary>
    public ImportanceCriterion Criterion { get; init; } = ImportanceCriterion.Max;

    /// <summary>Divide a cluster's importances by their mean size, so that none chooses first because its gradients are larger. Default: yes.</summary>
    public bool Normalise { get; init; } = true;
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Construction;

/// <summary>Settings of weight_clusters.</summary>
public sealed record WeightClusterOptions
{
    /// <summary>Which rows of a neuron are compared.</summary>
    public NeuronRows Rows { get; init; } = NeuronRows.Up;

    /// <summary>How far apart two rows are, all of length 1.</summary>
    public RowDistance Distance { get; init; } = RowDistance.Euclidean;
}

/// <summary>Settings of co_activation.</summary>
public sealed record CoActivationOptions
{
    /// <summary>What a neuron's value counts for.</summary>
    public ActivationKernel Kernel { get; init; } = ActivationKernel.L1;

    /// <summary>Ties that each neuron keeps: its strongest.</summary>
    [Unit("neurons")]
    [Range(1, 1 << 16)]
    public int Neighbours { get; init; } = 64;
}

/// <summary>Settings of document_clusters.</summary>
public sealed record DocumentClusterOptions
{
    /// <summary>What documents are compared by.</summary>
    public DocumentEmbedding Embedding { get; init; } = DocumentEmbedding.HiddenStates;
}

/// <summary>Settings of activation_clusters.</summary>
public sealed record ActivityOptions
{
    /// <summary>What makes a neuron active.</summary>
    public ActivityMeasure Measure { get; init; } = ActivityMeasure.Directions;

    /// <summary>How many neurons are marked as active for a token: those with the largest activity (CMoE's K_a).</summary>
    [Unit("neurons")]
    [Range(1, 1 << 16)]
    public int PerToken { get; init; } = 10;

    /// <summary>Most rounds of the clustering; the published code makes one.</summary>
    [Range(1, 1000)]
    public int Rounds { get; init; } = 1;
}

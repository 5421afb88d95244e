using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;

namespace Moesaic.Methods.Construction;

/// <summary>How neurons are divided among experts.</summary>
public enum SplitMethod
{
    /// <summary>At random (LLaMA-MoE v1's released models). See <see cref="RandomSplit"/>.</summary>
    Random,

    /// <summary>In their order (LLaMA-MoE v2's vanilla). See <see cref="ContiguousSplit"/>.</summary>
    Contiguous,

    /// <summary>Tokens are clustered; each cluster's expert gets the neurons that matter to it. See <see cref="Clustering.TokenClusters"/>.</summary>
    TokenClusters,

    /// <summary>Documents are clustered by meaning; each cluster's expert gets the neurons that matter to it. See <see cref="Clustering.DocumentClusters"/>.</summary>
    DocumentClusters,

    /// <summary>Neurons with like weights share an expert. See <see cref="Clustering.WeightClusters"/>.</summary>
    WeightClusters,

    /// <summary>Neurons that are active together share an expert. See <see cref="Divisions.CoActivation"/>.</summary>
    CoActivation,

    /// <summary>
    /// The most active neurons are shared; neurons that are active for the same tokens share an expert, whose most typical neuron routes. See
    /// <see cref="Clustering.ActivationClusters"/>.
    /// </summary>
    ActivationClusters,
}

using Moesaic.Methods.Construction.Divisions;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Clustering;

/// <summary>Which rows of a neuron are compared.</summary>
public enum NeuronRows
{
    /// <summary>The rows of the up projection (what LLaMA-MoE v1 took).</summary>
    Up,

    /// <summary>The rows of the gate projection, which decides whether a neuron is active.</summary>
    Gate,
}

/// <summary>How far apart two rows are.</summary>
public enum RowDistance
{
    /// <summary>Squared distance of rows of length 1 to the mean of their cluster.</summary>
    Euclidean,

    /// <summary>The same with means of length 1: the cosine.</summary>
    Cosine,
}

/// <summary>
/// Neurons whose weights point in like directions share an expert ("Independent-Clustering", LLaMA-MoE, Zhu et al. 2024,
/// section 3.1; Zhang et al. 2022, "MoEfication", parameter clustering split). Needs no data. All clusters have the size of an
/// expert; the other two projections of a neuron follow the one that is clustered.
/// </summary>
public static class WeightClusters
{
    /// <summary>Divides a layer.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="rows">[F, D]: gate or up projection; not changed.</param>
    /// <param name="sizes">The parts, without shared ones.</param>
    /// <param name="distance">How rows are compared.</param>
    /// <param name="random">Starts the clustering.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    public static LayerSplit Divide(int layer, Tensor rows, PartSizes sizes, RowDistance distance, Random random,
        CancellationToken cancellation = default)
    {
        using var unit = rows.Clone();
        UnitRows.Normalise(unit);
        var found = BalancedKMeans.Cluster(unit,
            new KMeansOptions { Clusters = sizes.Experts, Slack = 0, Spherical = distance == RowDistance.Cosine }, random, cancellation);
        return LabelledSplit.Of(layer, sizes, [], found.Labels);
    }
}

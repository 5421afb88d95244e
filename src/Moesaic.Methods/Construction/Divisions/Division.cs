using Moesaic.Methods.Construction.Clustering;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>A layer whose neurons are divided, and what the division knows besides.</summary>
/// <param name="Split">The index lists; no router and no scale yet.</param>
/// <param name="Clusters">The clusters of calibration tokens for which the experts were made, cluster e for expert e; or null.</param>
/// <param name="Representatives">Per expert the neuron that stands for it; or null.</param>
sealed record DividedLayer(LayerSplit Split, LayerClusters? Clusters = null, int[]? Representatives = null);

/// <summary>The first stage of a split: which neuron belongs to which expert. A method is a case here.</summary>
static class Division
{
    /// <summary>The parts by the shape alone; methods that look at weights or text put other neurons into them.</summary>
    public static LayerSplit Outline(SplitMethod method, int layer, PartSizes sizes, ulong seed) => method == SplitMethod.Random
        ? RandomSplit.Divide(layer, sizes, seed) : ContiguousSplit.Divide(layer, sizes);

    /// <summary>Divides all layers of an outline.</summary>
    public static IReadOnlyList<DividedLayer> Divide(SplitContext context, IReadOnlyList<LayerSplit> outline) => context.Options.Method switch
    {
        SplitMethod.TokenClusters => TokenClusterDivision.Divide(context, outline),
        SplitMethod.DocumentClusters => DocumentClusterDivision.Divide(context, outline),
        SplitMethod.WeightClusters => WeightClusterDivision.Divide(context, outline),
        SplitMethod.CoActivation => ActivityDivision.ByCoActivation(context, outline),
        SplitMethod.ActivationClusters => ActivityDivision.ByActivationClusters(context, outline),
        _ => [.. outline.Select(layer => new DividedLayer(layer))],
    };
}

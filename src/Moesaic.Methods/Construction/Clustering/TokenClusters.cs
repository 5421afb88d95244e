using Moesaic.Methods.Construction.Importance;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Clustering;

/// <summary>The clusters of one layer's tokens and the router that was made of them.</summary>
/// <param name="Router">[E, D].</param>
/// <param name="Labels">The cluster of each token.</param>
/// <param name="Agreement">Fraction of the tokens whose first choice by the router is their cluster.</param>
/// <param name="LoadVariation">Standard deviation over mean of the tokens per expert, by the router's first choice; 0 is balanced.</param>
public sealed record LayerClusters(Tensor Router, int[] Labels, double Agreement, double LoadVariation);

/// <summary>
/// Clusters of tokens by what the feed-forward reads, and routers from their centroids (LLaMA-MoE v2, Qu et al. 2024,
/// section 3.1: "Gradient Split Plus"). Expert e is later built from the neurons that matter to cluster e.
/// </summary>
public static class TokenClusters
{
    /// <summary>Clusters one layer.</summary>
    /// <param name="inputs">[N, D]; not changed.</param>
    /// <param name="options">Settings of the clustering; its metric follows from the form.</param>
    /// <param name="form">How centroids become router rows.</param>
    /// <param name="sharpness">See <see cref="RouterInit.Sharpen"/>.</param>
    /// <param name="random">Starts the clustering.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    public static LayerClusters Of(Tensor inputs, KMeansOptions options, CentroidForm form, double sharpness, Random random,
        CancellationToken cancellation = default)
    {
        var cosine = form == CentroidForm.Cosine;
        using var rows = inputs.Clone();
        if (cosine) UnitRows.Normalise(rows);
        var clusters = BalancedKMeans.Cluster(rows, options with { Spherical = cosine }, random, cancellation);
        var router = RouterInit.FromCentroids(clusters.Centroids, inputs, form);
        RouterInit.Sharpen(router, inputs, sharpness);

        var first = GradientImportance.Labels(inputs, router);
        var loads = new double[options.Clusters];
        var same = 0;
        for (var n = 0; n < first.Length; n++)
        {
            loads[first[n]]++;
            if (first[n] == clusters.Labels[n]) same++;
        }
        var mean = loads.Average();
        return new LayerClusters(router, clusters.Labels, (double)same / first.Length, Math.Sqrt(loads.Average(l => (l - mean) * (l - mean))) / mean);
    }
}

using Moesaic.Formats;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Importance;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>
/// "Gradient Split Plus" (LLaMA-MoE v2, Qu et al. 2024, section 3.1) put together: <see cref="TokenClusters"/>,
/// <see cref="GradientImportance"/> per cluster, <see cref="ImportanceAssignment"/>.
/// </summary>
static class TokenClusterDivision
{
    public static IReadOnlyList<DividedLayer> Divide(SplitContext context, IReadOnlyList<LayerSplit> outline)
    {
        var clusters = Cluster(context, outline);
        var importance = ImportanceDivision.Measure(context, outline, (layer, x, _, _) => GradientImportance.Labels(x, clusters[layer].Router));
        using var assign = context.Progress.Begin("assign neurons", outline.Count, "layers");
        return [.. outline.Select((layer, done) =>
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var assigned = ImportanceDivision.Assign(context.Options, layer, context.Sizes(layer.Layer), importance[layer.Layer]!);
            assign.Report(done + 1);
            return new DividedLayer(assigned, clusters[layer.Layer]);
        })];
    }

    static Dictionary<int, LayerClusters> Cluster(SplitContext context, IReadOnlyList<LayerSplit> layers)
    {
        var settings = new KMeansOptions { Clusters = context.Options.Experts, Slack = context.Options.ClusterSlack };
        var tokens = context.Inputs(layers[0].Layer).Rows;
        if (tokens < context.Options.Experts)
            throw new BadRequestException($"{tokens} calibration tokens cannot make {context.Options.Experts} clusters; give more text.");
        using var task = context.Progress.Begin("cluster tokens", layers.Count, "layers");
        var result = new Dictionary<int, LayerClusters>();
        foreach (var layer in layers)
        {
            result[layer.Layer] = TokenClusters.Of(context.Inputs(layer.Layer), settings, context.Options.Centroids, context.Options.Sharpness,
                context.Random(layer.Layer), context.Cancellation);
            task.Report(result.Count);
        }
        return result;
    }
}

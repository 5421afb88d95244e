using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction;

/// <summary>
/// "Gradient Split Plus" (LLaMA-MoE v2, Qu et al. 2024, section 3.1) put together: <see cref="TokenClusters"/>,
/// <see cref="GradientImportance"/> per cluster, <see cref="ImportanceAssignment"/>.
/// </summary>
static class TokenClusterDivision
{
    public static IReadOnlyList<DividedLayer> Divide(SplitContext context, IReadOnlyList<LayerSplit> outline)
    {
        var dense = context.Dense;
        var clusters = Cluster(context, outline);
        var routers = Enumerable.Range(0, dense.Blocks.Count).Select(l => clusters.GetValueOrDefault(l)?.Router ?? new Tensor(1, dense.Spec.Width)).ToArray();
        LayerImportance[] importance;
        using (var task = context.Progress.Begin("weigh neurons", context.Data.Report.Tokens, "tokens"))
            importance = GradientImportance.Measure(dense, context.Data, routers, progress: seen => task.Report(seen), cancellation: context.Cancellation);

        using var assign = context.Progress.Begin("assign neurons", outline.Count, "layers");
        return [.. outline.Select((layer, done) =>
        {
            context.Cancellation.ThrowIfCancellationRequested();
            var assigned = Assign(context.Options, layer, context.Sizes(layer.Layer), importance[layer.Layer].Mean);
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

    static LayerSplit Assign(SplitStepOptions options, LayerSplit outline, PartSizes sizes, double[][] scores)
    {
        if (options.NormaliseImportance) scores = ImportanceAssignment.Normalise(scores);
        // Neurons of zeros matter to nobody.
        scores = [.. scores.Select(row => (double[])[.. row, .. new double[sizes.PaddedWidth - sizes.Width]])];
        var shared = ImportanceAssignment.Shared(scores, sizes.SharedWidth, sizes.Part);
        return outline with { Shared = shared, Experts = ImportanceAssignment.Assign(scores, shared, options.Assignment) };
    }
}

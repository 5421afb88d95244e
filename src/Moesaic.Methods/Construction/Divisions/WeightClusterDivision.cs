using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Clustering;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary><see cref="WeightClusters"/> layer by layer.</summary>
static class WeightClusterDivision
{
    public static IReadOnlyList<DividedLayer> Divide(SplitContext context, IReadOnlyList<LayerSplit> outline)
    {
        var options = context.Options.Weights;
        using var task = context.Progress.Begin("cluster neurons", outline.Count, "layers");
        return [.. outline.Select((split, done) =>
        {
            var layer = ModelLayers.FeedForward(context.Layers.Layer(split.Layer, 1), split.Layer);
            var rows = (options.Rows == NeuronRows.Up ? layer.Up : layer.Gate).Dense;
            var divided = WeightClusters.Divide(split.Layer, rows, context.Sizes(split.Layer), options.Distance, context.Random(split.Layer), context.Cancellation);
            task.Report(done + 1);
            return new DividedLayer(divided);
        })];
    }
}

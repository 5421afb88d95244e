using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>Divisions by what the neurons of each layer do on calibration text: <see cref="CoActivation"/> and <see cref="ActivationClusters"/>.</summary>
static class ActivityDivision
{
    public static IReadOnlyList<DividedLayer> ByCoActivation(SplitContext context, IReadOnlyList<LayerSplit> outline)
    {
        var options = context.Options.Graph;
        CoActivation? sums = null;
        return Run(context, outline,
            layer =>
            {
                var current = sums = new CoActivation(layer.Gate.Rows, options.Kernel);
                return (_, _, _, neurons, counted) => current.Add(neurons, counted);
            },
            (split, layer) =>
            {
                using var current = sums!;
                var sizes = context.Sizes(split.Layer);
                var shared = current.Loudest(layer.Down.Dense, sizes.SharedWidth);
                int[] routed = [.. Enumerable.Range(0, sizes.Width).Except(shared)], labels = new int[sizes.Width];
                var parts = GraphPartition.Divide(current.Graph(options.Neighbours, routed), split.Experts.Length, context.Cancellation);
                Array.Fill(labels, -1);
                for (var i = 0; i < routed.Length; i++) labels[routed[i]] = parts[i];
                return new DividedLayer(LabelledSplit.Of(split.Layer, sizes, shared, labels));
            });
    }

    public static IReadOnlyList<DividedLayer> ByActivationClusters(SplitContext context, IReadOnlyList<LayerSplit> outline)
    {
        var options = context.Options.Activity;
        ActivationMarkers? markers = null;
        return Run(context, outline,
            layer =>
            {
                var (current, activity) = (markers = new ActivationMarkers(layer.Gate.Rows, options.PerToken), new NeuronActivity(layer, options.Measure));
                return (x, gate, up, neurons, counted) => current.Add(activity.Of(x, gate, up, neurons), counted);
            },
            (split, layer) =>
            {
                var sizes = context.Sizes(split.Layer);
                var found = ActivationClusters.Divide(markers!, sizes, new ActivationClusterOptions { Iterations = options.Rounds }, context.Cancellation);
                return new DividedLayer(LabelledSplit.Of(split.Layer, sizes, found.Shared, found.Labels), Representatives: found.Representatives);
            });
    }

    // One layer's statistics are there at a time.
    static List<DividedLayer> Run(SplitContext context, IReadOnlyList<LayerSplit> outline,
        Func<Models.Layers.DenseFeedForward, SeenTokens> enter, Func<LayerSplit, Models.Layers.DenseFeedForward, DividedLayer> leave)
    {
        var splits = outline.ToDictionary(s => s.Layer);
        var result = new List<DividedLayer>();
        using var task = context.Progress.Begin("watch neurons", context.Layers.Spec.Layers.Count, "layers");
        LayerwisePass.Run(context.Layers, context.Data, (l, layer) => splits.ContainsKey(l) ? enter(layer) : null, (l, layer) =>
        {
            if (splits.TryGetValue(l, out var split)) result.Add(leave(split, layer));
            task.Report(l + 1);
        }, cancellation: context.Cancellation);
        return result;
    }
}

using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Models;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>Division by the importance that neurons have for clusters: one expert per cluster.</summary>
static class ImportanceDivision
{
    /// <summary>Measures the importance of all neurons of an outline's layers.</summary>
    /// <param name="context">Model and text.</param>
    /// <param name="outline">The layers that are divided.</param>
    /// <param name="label">The cluster of each token.</param>
    /// <returns>By number of the layer.</returns>
    public static LayerImportance?[] Measure(SplitContext context, IReadOnlyList<LayerSplit> outline, TokenLabels label)
    {
        var clusters = new int[context.Layers.Spec.Layers.Count];
        foreach (var layer in outline) clusters[layer.Layer] = context.Options.Experts;
        using var task = context.Progress.Begin("weigh neurons", 2 * clusters.Length, "layers");
        return LayerwiseImportance.Measure(context.Layers, context.Data, clusters, label, context.Options.Importance, context.Spill("hidden_states.tmp"),
            progress: done => task.Report(done), cancellation: context.Cancellation);
    }

    /// <summary>Gives shared and routed experts their neurons.</summary>
    public static LayerSplit Assign(SplitStepOptions options, LayerSplit outline, PartSizes sizes, LayerImportance importance)
    {
        // Neurons of zeros matter to nobody, not even to who takes the least important first.
        var padding = new double[sizes.PaddedWidth - sizes.Width];
        var scores = importance.Scores;
        if (padding.Length > 0 && options.Importance.Criterion == ImportanceCriterion.Min) Array.Fill(padding, scores.Min(row => row.Min()));
        scores = [.. scores.Select(row => (double[])[.. row, .. padding])];
        var shared = ImportanceAssignment.Shared(scores, sizes.SharedWidth, sizes.Part);
        return outline with
        {
            Shared = shared,
            Overlapping = options.Overlap,
            Experts = options.Overlap ? ImportanceAssignment.Overlapping(scores, shared, sizes.Part)
                : ImportanceAssignment.Assign(scores, shared, options.Assignment),
        };
    }
}

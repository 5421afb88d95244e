using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Routers;

/// <summary>The second stage of a split: what the routers start as, whichever way the neurons were divided.</summary>
static class RouterStarts
{
    // Of the generators of a layer, see SplitContext.Random.
    const int Drawing = 1;

    /// <summary>Gives every layer its router and, where there is calibration text, measures it.</summary>
    public static IReadOnlyList<LayerSplit> Choose(SplitContext context, IReadOnlyList<DividedLayer> divided)
    {
        var start = context.Options.EffectiveRouter;
        using var task = context.Progress.Begin("start routers", divided.Count, "layers");
        return [.. divided.Select((layer, done) =>
        {
            context.Cancellation.ThrowIfCancellationRequested();
            // Gathering goes through all layers: it comes before a layer is held.
            if (context.HasData) context.Inputs(layer.Split.Layer);
            var dense = ModelLayers.FeedForward(context.Layers.Layer(layer.Split.Layer, 1), layer.Split.Layer);
            using var energies = context.HasData
                ? ExpertEnergy.Of(dense, layer.Split, context.Inputs(layer.Split.Layer), EnergyKind.Absolute) : null;
            var split = Start(context, layer, dense, energies);
            if (energies is not null) split = split with { Measured = Measure(context, layer with { Split = split }, energies) };
            task.Report(done + 1);
            return split;
        })];
    }

    static LayerSplit Start(SplitContext context, DividedLayer layer, DenseFeedForward dense, Tensor? energies)
    {
        var (split, options) = (layer.Split, context.Options);
        var shapes = RouterScores.Shapes(new RouterSpec { Experts = split.Experts.Length, Chosen = 1, Score = options.EffectiveScore }, dense.Gate.Columns);
        Tensor[] matrices = [.. shapes.Select(m => new Tensor(m.Rows, m.Columns))];
        switch (options.EffectiveRouter)
        {
            case RouterStart.Normal:
                return split;                       // drawn when the plan is applied
            case RouterStart.Zeros:
                break;
            case RouterStart.Uniform:
                foreach (var matrix in matrices) RouterInit.Uniform(matrix, context.Random(split.Layer, Drawing));
                break;
            case RouterStart.RandomFeatures:
                RouterInit.RandomFeatures(matrices[0], context.Inputs(split.Layer), context.Random(split.Layer, Drawing));
                Finish(context, split.Layer, matrices);
                break;
            case RouterStart.NeuronMeans:
                RouterInit.NeuronMeans(matrices[0], dense.Gate.Dense, split.Experts);
                Finish(context, split.Layer, matrices);
                break;
            case RouterStart.Representatives:
                RouterInit.NeuronRows(matrices[0], dense.Gate.Dense, layer.Representatives!);
                RouterInit.NeuronRows(matrices[1], dense.Up.Dense, layer.Representatives!);
                break;
            case RouterStart.Trained:
                RouterInit.NeuronMeans(matrices[0], dense.Gate.Dense, split.Experts);
                Train(context, split, dense, matrices);
                break;
            case RouterStart.Centroids:
                using (var rows = Centroids(context, layer, energies!)) rows.Span.CopyTo(matrices[0].Span);
                Finish(context, split.Layer, matrices);
                break;
        }
        var stored = split.WithRouter(matrices.SelectMany(m => m.Span.ToArray()).ToArray());
        foreach (var matrix in matrices) matrix.Dispose();
        return stored;
    }

    static void Train(SplitContext context, LayerSplit split, DenseFeedForward dense, Tensor[] matrices)
    {
        var (inputs, options) = (context.Inputs(split.Layer), context.Options);
        Finish(context, split.Layer, matrices);
        using var energies = ExpertEnergy.Of(dense, split, inputs, options.RouterTraining.Energy);
        var score = RouterScores.Of(new RouterSpec { Experts = split.Experts.Length, Chosen = options.Chosen, Score = options.EffectiveScore }, matrices);
        RouterTraining.Train(score, inputs, energies, options.Chosen, options.RouterTraining, context.Seed + (ulong)split.Layer, context.Cancellation);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        RouterInit.SharpenLogits(matrices[^1], score.Logits(workspace, inputs).Span, options.Sharpness);
    }

    static Tensor Centroids(SplitContext context, DividedLayer layer, Tensor energies)
    {
        if (layer.Clusters is { } clusters) return clusters.Router.Clone();
        var inputs = context.Inputs(layer.Split.Layer);
        var centroids = RouterInit.Centroids(inputs, First(energies), energies.Columns, context.Options.Centroids);
        return RouterInit.FromCentroids(centroids, inputs, context.Options.Centroids);
    }

    static void Finish(SplitContext context, int layer, Tensor[] matrices)
    {
        if (context.Options.EffectiveScore == RouterScore.Mlp)
        {
            RouterInit.Centre(matrices[0]);
            for (var e = 0; e < matrices[1].Rows; e++) matrices[1].Row(e)[e] = 1;
        }
        // A router of token clusters is scaled already; once more would change its last bits.
        else if (context.Options is { EffectiveRouter: RouterStart.Centroids, Method: SplitMethod.TokenClusters }) return;
        RouterInit.Sharpen(matrices[0], context.Inputs(layer), context.Options.Sharpness);
    }

    static SplitMeasures Measure(SplitContext context, DividedLayer layer, Tensor energies)
    {
        var (split, inputs) = (layer.Split, context.Inputs(layer.Split.Layer));
        var router = new RouterSpec { Experts = split.Experts.Length, Chosen = context.Options.Chosen, Score = context.Options.EffectiveScore };
        Tensor[] matrices = [.. RouterScores.Shapes(router, inputs.Columns).Select(m => new Tensor(m.Rows, m.Columns))];
        RouterInit.Fill(matrices, split, context.Seed);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var logits = RouterScores.Of(router, matrices).Logits(workspace, inputs);
        var measures = RouterMeasures.Of(logits, layer.Clusters?.Labels, energies, router.Chosen);
        foreach (var matrix in matrices) matrix.Dispose();
        return measures;
    }

    static int[] First(Tensor scores)
    {
        var first = new int[scores.Rows];
        for (var n = 0; n < first.Length; n++) Selection.TopK(scores.Row(n), first.AsSpan(n, 1));
        return first;
    }
}

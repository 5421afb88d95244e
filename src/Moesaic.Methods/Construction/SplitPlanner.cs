using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction;

/// <summary>Statistics to plan: runs the passes that the options ask for.</summary>
/// <param name="options">What to decide and how.</param>
/// <param name="seed">The only source of randomness.</param>
/// <param name="progress">Is told.</param>
/// <param name="cancellation">Stops between passes.</param>
public sealed class SplitPlanner(SplitStepOptions options, ulong seed, IProgressReporter progress, CancellationToken cancellation = default)
{
    /// <summary>The plan's division without routers and scales, as far as the shape alone decides it; for estimates and checks.</summary>
    /// <exception cref="BadRequestException">The experts do not fit the model.</exception>
    public SplitPlan Outline(ModelSpec dense)
    {
        var layers = Enumerable.Range(options.DenseFirst, Math.Max(0, dense.Layers.Count - options.DenseFirst - options.DenseLast)).ToArray();
        if (layers.Length == 0)
            throw new BadRequestException($"dense_first {options.DenseFirst} and dense_last {options.DenseLast} leave none of {dense.Layers.Count} layers to split.");
        return new SplitPlan
        {
            Method = System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(options.Method.ToString()),
            Seed = seed,
            Chosen = options.Chosen,
            Weight = options.EffectiveWeight,
            Layers = [.. layers.Select(l => Divide(l, Sizes(dense, l)) with { Scale = (float)(options.Scale ?? 1) })],
        };
    }

    /// <summary>Makes the plan.</summary>
    /// <param name="dense">The source.</param>
    /// <param name="data">Calibration text; null when the options need none.</param>
    public SplitPlan Make(Model dense, PackedDataset? data)
    {
        var plan = Outline(dense.Spec);
        if (options.Method == SplitMethod.TokenClusters) plan = plan with { Layers = ByTokenClusters(dense, data!, plan.Layers) };
        return options.Scale is null ? Fit(dense, data!, plan) : plan;
    }

    PartSizes Sizes(ModelSpec dense, int layer) => dense.Layers[layer].FeedForward is DenseSpec { Width: var width }
        ? PartSizes.Of(width, options.Experts, options.Shared, options.Padding, layer)
        : throw new BadRequestException($"Layer {layer} is a mixture of experts already; only dense layers can be split.");

    LayerSplit Divide(int layer, PartSizes sizes) => options.Method == SplitMethod.Random
        ? RandomSplit.Divide(layer, sizes, seed) : ContiguousSplit.Divide(layer, sizes);

    IReadOnlyList<LayerSplit> ByTokenClusters(Model dense, PackedDataset data, IReadOnlyList<LayerSplit> outline)
    {
        var clusters = Cluster(dense, data, outline);
        var routers = Enumerable.Range(0, dense.Blocks.Count).Select(l => clusters.GetValueOrDefault(l)?.Router ?? new Tensor(1, dense.Spec.Width)).ToArray();
        LayerImportance[] importance;
        using (var task = progress.Begin("weigh neurons", data.Report.Tokens, "tokens"))
            importance = GradientImportance.Measure(dense, data, routers, progress: seen => task.Report(seen), cancellation: cancellation);

        using var assign = progress.Begin("assign neurons", outline.Count, "layers");
        return [.. outline.Select((layer, done) =>
        {
            cancellation.ThrowIfCancellationRequested();
            var assigned = Assign(layer, Sizes(dense.Spec, layer.Layer), importance[layer.Layer].Mean);
            assign.Report(done + 1);
            var cluster = clusters[layer.Layer];
            return assigned.WithRouter(cluster.Router.Span) with
            {
                Measured = new SplitMeasures { Agreement = cluster.Agreement, LoadVariation = cluster.LoadVariation },
            };
        })];
    }

    Dictionary<int, LayerClusters> Cluster(Model dense, PackedDataset data, IReadOnlyList<LayerSplit> layers)
    {
        FeedForwardInputs gathered;
        using (var task = progress.Begin("gather inputs", data.Report.Tokens, "tokens"))
            gathered = FeedForwardInputs.Gather(dense, data, options.ClusterTokens, progress: seen => task.Report(seen), cancellation: cancellation);
        using var inputs = gathered;
        var settings = new KMeansOptions { Clusters = options.Experts, Slack = options.ClusterSlack };
        if (inputs.Layers[0].Rows < options.Experts)
            throw new BadRequestException($"{inputs.Layers[0].Rows} calibration tokens cannot make {options.Experts} clusters; give more text.");
        using var cluster = progress.Begin("cluster tokens", layers.Count, "layers");
        var result = new Dictionary<int, LayerClusters>();
        foreach (var layer in layers)
        {
            result[layer.Layer] = TokenClusters.Of(inputs.Layers[layer.Layer], settings, options.Centroids, options.Sharpness,
                RouterInit.SeededRandom(seed, layer.Layer), cancellation);
            cluster.Report(result.Count);
        }
        return result;
    }

    LayerSplit Assign(LayerSplit outline, PartSizes sizes, double[][] scores)
    {
        if (options.NormaliseImportance) scores = ImportanceAssignment.Normalise(scores);
        // Neurons of zeros matter to nobody.
        scores = [.. scores.Select(row => (double[])[.. row, .. new double[sizes.PaddedWidth - sizes.Width]])];
        var shared = ImportanceAssignment.Shared(scores, sizes.SharedWidth, sizes.Part);
        return outline with { Shared = shared, Experts = ImportanceAssignment.Assign(scores, shared, options.Assignment) };
    }

    SplitPlan Fit(Model dense, PackedDataset data, SplitPlan plan)
    {
        using var mixture = Split.Apply(dense, plan);
        using var task = progress.Begin("fit scales", dense.Blocks.Count, "layers");
        var fitted = ScaleFit.Fit(dense, mixture, data, options.ScaleInput, options.ScaleWeight,
            progress: done => task.Report(done), cancellation: cancellation);
        return plan with
        {
            Layers = [.. plan.Layers.Zip(fitted, (layer, fit) => fit.Scale > 0 && double.IsFinite(fit.Scale)
                ? layer with { Scale = (float)fit.Scale, Measured = (layer.Measured ?? new SplitMeasures()) with { Error = fit.Error } }
                : throw new BadModelException($"Layer {fit.Layer}: no scale makes the chosen experts resemble the dense layer (the best is {fit.Scale:g3}). " +
                    "Choose more experts per token, another method, or give a scale."))],
        };
    }
}

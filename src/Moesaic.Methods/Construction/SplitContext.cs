using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction;

/// <summary>What the stages of a split work on. Calibration tokens are gathered once, by the first stage that needs them.</summary>
/// <param name="options">What to decide and how.</param>
/// <param name="seed">The only source of randomness.</param>
/// <param name="source">The source.</param>
/// <param name="data">Calibration text; null when the options need none.</param>
/// <param name="progress">Is told.</param>
/// <param name="cancellation">Stops between passes.</param>
sealed class SplitContext(SplitStepOptions options, ulong seed, SplitSource source, PackedDataset? data, IProgressReporter progress,
    CancellationToken cancellation) : IDisposable
{
    FeedForwardInputs? gathered;

    /// <summary>The source layer by layer.</summary>
    public ModelLayers Layers => source.Layers;

    /// <summary>A file for what may not fit into memory while a stage runs; null: memory it is.</summary>
    public string? Spill(string name) => source.Folder is { } folder ? Path.Combine(folder, name) : null;

    /// <summary>The mixture that a plan makes, layer by layer.</summary>
    public ModelLayers Mixture(SplitPlan plan) => source.Mixture(plan);

    public SplitStepOptions Options => options;

    public ulong Seed => seed;

    public IProgressReporter Progress => progress;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Whether there is calibration text.</summary>
    public bool HasData => data is not null;

    /// <summary>The calibration text.</summary>
    public PackedDataset Data => data ?? throw new InvalidOperationException("this choice of options needs calibration text");

    /// <summary>[N, D]: what the feed-forward of a layer reads on the calibration tokens that are looked at one by one; valid until another layer is asked for.</summary>
    public Tensor Inputs(int layer) => (gathered ??= Gather()).Layer(layer);

    /// <summary>The parts into which a layer is cut.</summary>
    public PartSizes Sizes(int layer) => SizesOf(source.Layers.Spec, layer, options);

    /// <summary>A generator for one use in one layer.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="use">0 for the clustering; every other use has a number of its own.</param>
    public Random Random(int layer, int use = 0) => RouterInit.SeededRandom(seed + ((ulong)use << 16), layer);

    /// <exception cref="BadRequestException">The layer is no dense one, or the experts do not fit it.</exception>
    public static PartSizes SizesOf(ModelSpec dense, int layer, SplitStepOptions options) =>
        dense.Layers[layer].FeedForward is DenseSpec { Width: var width, Activation: var activation }
            ? activation == Activation.Swiglu ? PartSizes.Of(width, options.Experts, options.Shared, options.Padding, layer)
                : throw new BadRequestException($"Layer {layer} has {activation} and no gate; only SwiGLU layers can be split.")
            : throw new BadRequestException($"Layer {layer} is a mixture of experts already; only dense layers can be split.");

    FeedForwardInputs Gather()
    {
        using var task = progress.Begin("gather inputs", Layers.Spec.Layers.Count, "layers");
        return FeedForwardInputs.Gather(Layers, Data, options.ClusterTokens, Spill("inputs.tmp"), progress: done => task.Report(done), cancellation: cancellation);
    }

    public void Dispose() => gathered?.Dispose();
}

using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction;

/// <summary>What the stages of a split work on. Calibration tokens are gathered once, by the first stage that needs them.</summary>
/// <param name="options">What to decide and how.</param>
/// <param name="seed">The only source of randomness.</param>
/// <param name="dense">The source.</param>
/// <param name="data">Calibration text; null when the options need none.</param>
/// <param name="progress">Is told.</param>
/// <param name="cancellation">Stops between passes.</param>
sealed class SplitContext(SplitStepOptions options, ulong seed, Model dense, PackedDataset? data, IProgressReporter progress,
    CancellationToken cancellation) : IDisposable
{
    FeedForwardInputs? gathered;

    /// <summary>The source layer by layer.</summary>
    public DenseLayers Layers { get; } = DenseLayers.Of(dense);

    /// <summary>Where what does not fit into memory may be put while a stage runs; null: nowhere.</summary>
    public string? Spill(string name) => null;

    public SplitStepOptions Options => options;

    public ulong Seed => seed;

    public Model Dense => dense;

    public IProgressReporter Progress => progress;

    public CancellationToken Cancellation => cancellation;

    /// <summary>Whether there is calibration text.</summary>
    public bool HasData => data is not null;

    /// <summary>The calibration text.</summary>
    public PackedDataset Data => data ?? throw new InvalidOperationException("this choice of options needs calibration text");

    /// <summary>[N, D]: what the feed-forward of a layer reads on the calibration tokens that are looked at one by one.</summary>
    public Tensor Inputs(int layer) => (gathered ??= Gather()).Layers[layer];

    /// <summary>The parts into which a layer is cut.</summary>
    public PartSizes Sizes(int layer) => SizesOf(dense.Spec, layer, options);

    /// <summary>A generator for one use in one layer.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="use">0 for the clustering; every other use has a number of its own.</param>
    public Random Random(int layer, int use = 0) => RouterInit.SeededRandom(seed + ((ulong)use << 16), layer);

    /// <exception cref="BadRequestException">The layer is no dense one, or the experts do not fit it.</exception>
    public static PartSizes SizesOf(ModelSpec dense, int layer, SplitStepOptions options) =>
        dense.Layers[layer].FeedForward is DenseSpec { Width: var width }
            ? PartSizes.Of(width, options.Experts, options.Shared, options.Padding, layer)
            : throw new BadRequestException($"Layer {layer} is a mixture of experts already; only dense layers can be split.");

    FeedForwardInputs Gather()
    {
        using var task = progress.Begin("gather inputs", Data.Report.Tokens, "tokens");
        return FeedForwardInputs.Gather(dense, Data, options.ClusterTokens, progress: seen => task.Report(seen), cancellation: cancellation);
    }

    public void Dispose() => gathered?.Dispose();
}

using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Alignment;

/// <summary>A part of a layer that adds to the residual stream.</summary>
public enum AlignedModule
{
    /// <summary>The attention.</summary>
    Attention,

    /// <summary>The feed-forward.</summary>
    FeedForward,
}

/// <summary>What was done to one module.</summary>
/// <param name="Layer">Number of the layer.</param>
/// <param name="Module">Which of its two.</param>
/// <param name="Change">Magnitudes and biases; biases are zero where none were asked for or there is no place for one.</param>
public sealed record AlignedLayer(int Layer, AlignedModule Module, ModuleAlignment Change);

/// <summary>
/// LLaMA-MoE v2's distribution alignment (its repository's align_converted_model.py): layer by layer, attention and then feed-forward, the
/// output of each is given the mean and variance that it has in the dense parent, channel by channel; what follows sees the result.
/// Magnitudes go into the rows of the last projection of every expert, shared ones included, and biases into the routed experts.
/// A bias is divided by the scale: with combine weights that sum to s, experts with the bias b/s add b. (The published code adds b to
/// every expert and is right for s = 1 alone; it also leaves shared experts out.)
/// </summary>
public static class DistributionAlignment
{
    /// <summary>The shape with places for biases: experts' and, where the heads are no experts and go through no latent, attention's.</summary>
    /// <param name="spec">Of the model to be aligned.</param>
    /// <param name="modules">Which modules.</param>
    /// <exception cref="BadRequestException">Combine weights sum to no constant, so that no bias is exact.</exception>
    public static ModelSpec WithBiases(ModelSpec spec, IReadOnlyCollection<AlignedModule> modules) => spec with
    {
        Layers = [.. spec.Layers.Select((layer, l) => layer with
        {
            Attention = modules.Contains(AlignedModule.Attention) && layer.Attention is { Experts: null, Latent: null }
                ? layer.Attention with { Bias = AttentionBias.All } : layer.Attention,
            FeedForward = modules.Contains(AlignedModule.FeedForward) && layer.FeedForward is MixtureSpec mixture
                ? mixture.Router.SumsToScale ? mixture with { ExpertBias = true } : throw new BadRequestException(
                    $"Layer {l}: the combine weights of its experts sum to another number for every token, so that no bias of the experts is the bias " +
                    "of the layer. Leave bias out, or split with renormalised weights.")
                : layer.FeedForward,
        })],
    };

    /// <summary>Aligns a model in place. Holds four arrays [T, D] over all calibration tokens.</summary>
    /// <param name="parent">The reference; as wide and with as many layers.</param>
    /// <param name="model">Changed.</param>
    /// <param name="data">Calibration text.</param>
    /// <param name="modules">Which modules.</param>
    /// <param name="bias">Whether means are matched too, where the model has places for biases; see <see cref="WithBiases"/>.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8.</param>
    /// <param name="progress">Is told the number of layers done, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static IReadOnlyList<AlignedLayer> Align(Model parent, Model model, PackedDataset data, IReadOnlyCollection<AlignedModule> modules, bool bias,
        int rowsPerPass = 8, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        var changes = Measure(ModelLayers.Of(parent), ModelLayers.Of(model), bias ? model.Spec : null, data, modules, rowsPerPass, progress, cancellation);
        foreach (var change in changes) Apply(model, change.Layer, change);
        return changes;
    }

    /// <summary>What would have to be done to each module, with a layer of each model in memory. Nothing is changed.</summary>
    /// <param name="parent">The reference.</param>
    /// <param name="model">To be aligned.</param>
    /// <param name="widened">The shape that says which modules take biases; null: none.</param>
    /// <param name="data">Calibration text.</param>
    /// <param name="modules">Which modules.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8.</param>
    /// <param name="progress">Is told the number of layers done, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    internal static IReadOnlyList<AlignedLayer> Measure(ModelLayers parent, ModelLayers model, ModelSpec? widened, PackedDataset data,
        IReadOnlyCollection<AlignedModule> modules, int rowsPerPass = 8, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        var passes = DensePass.Inputs(data, rowsPerPass);
        ReadOnlyMemory<bool>[] counted = [.. passes.Select(p => p.Counted)];
        using var workspace = new Workspace();
        Tensor[] theirs = LayerwisePass.Embed(parent, passes, workspace), ours = LayerwisePass.Embed(model, passes, workspace);
        var done = new List<AlignedLayer>();
        for (var l = 0; l < model.Spec.Layers.Count; l++)
        {
            Block reference = parent.Layer(l, data.Length), block = model.Layer(l, data.Length);
            foreach (var module in new[] { AlignedModule.Attention, AlignedModule.FeedForward })
            {
                cancellation.ThrowIfCancellationRequested();
                var (wanted, found) = (Outputs(reference, theirs, module), Outputs(block, ours, module));
                if (modules.Contains(module))
                {
                    var change = ModuleAlignment.Of(ChannelStatistics.Of(wanted, counted), ChannelStatistics.Of(found, counted));
                    if (widened is null || !TakesBias(widened.Layers[l], module)) change = change with { Bias = new double[change.Bias.Length] };
                    foreach (var output in found)
                        for (var t = 0; t < output.Rows; t++) Change(output.Row(t), change, 1);
                    done.Add(new AlignedLayer(l, module, change));
                }
                Add(theirs, wanted);
                Add(ours, found);
            }
            progress?.Invoke(l + 1);
        }
        foreach (var stream in theirs.Concat(ours)) stream.Dispose();
        return done;

        Tensor[] Outputs(Block block, Tensor[] streams, AlignedModule module) => [.. streams.Select((x, p) =>
        {
            workspace.Begin(recording: false);
            return (module == AlignedModule.Attention
                ? block.Attention.Forward(workspace, block.AttentionInput(workspace, x), passes[p], null)
                : block.FeedForward.Forward(workspace, block.FeedForwardInput(workspace, x), passes[p], null)).Clone();
        })];
    }

    static void Add(Tensor[] streams, Tensor[] outputs)
    {
        for (var p = 0; p < streams.Length; p++)
        {
            Elementwise.Add(streams[p].Span, outputs[p].Span);
            outputs[p].Dispose();
        }
    }

    static bool TakesBias(LayerSpec layer, AlignedModule module) => module == AlignedModule.Attention
        ? layer.Attention is { Bias: AttentionBias.All, Experts: null } : layer.FeedForward is MixtureSpec { ExpertBias: true };

    /// <summary>Folds a change into the weights of a model, whose layers may count from another one.</summary>
    /// <param name="model">Changed.</param>
    /// <param name="layer">Number of the layer in it.</param>
    /// <param name="aligned">What is done.</param>
    internal static void Apply(Model model, int layer, AlignedLayer aligned)
    {
        var (module, change) = (aligned.Module, aligned.Change);
        foreach (var weight in Last(model, layer, module, "weight"))
            for (var d = 0; d < weight.Rows; d++) Elementwise.Scale(weight.Row(d), (float)change.Magnitude[d]);
        // What biases there were grows with the output, even when none is added.
        var sum = module == AlignedModule.FeedForward && model.Blocks[layer].FeedForward is MixtureFeedForward mixture ? mixture.Router.Spec.Scale : 1;
        foreach (var bias in Last(model, layer, module, "bias")) Change(bias.Row(0), change, sum);
    }

    static IEnumerable<Tensor> Last(Model model, int layer, AlignedModule module, string ending)
    {
        var (prefix, projection) = module == AlignedModule.Attention ? ("self_attn.", "o_proj.") : ("mlp.", "down_proj.");
        return model.Parameters.Where(p => p.Name.StartsWith($"model.layers.{layer}.{prefix}", StringComparison.Ordinal)
            && p.Name.EndsWith(projection + ending, StringComparison.Ordinal)).Select(p => p.Value);
    }

    static void Change(Span<float> row, ModuleAlignment change, double sum)
    {
        for (var d = 0; d < row.Length; d++) row[d] = (float)((row[d] * change.Magnitude[d]) + (change.Bias[d] / sum));
    }
}

using System.Globalization;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training;

/// <summary>What a training run holds in memory, in bytes, from the shape and the options alone.</summary>
/// <param name="Parameters">Numbers of the model.</param>
/// <param name="Trained">Numbers that are trained.</param>
/// <param name="Weights">The model, with rounded copies where there are some; adapters not counted.</param>
/// <param name="Adapters">Adapters.</param>
/// <param name="Pass">What a pass keeps for its backward, and its logits.</param>
public sealed record TrainingMemory(long Parameters, long Trained, long Weights, long Adapters, long Pass)
{
    // Of an encoded head, see LossOps.
    const long LogitsBytes = 1 << 27;

    /// <summary>A gradient for each trained number.</summary>
    public long Gradients => sizeof(float) * Trained;

    /// <summary>Two moments for each trained number.</summary>
    public long Moments => 2 * sizeof(float) * Trained;

    /// <summary>All together.</summary>
    public long Total => Weights + Adapters + Gradients + Moments + Pass;

    /// <summary>Estimates.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="options">What is trained and how.</param>
    /// <param name="model">Its bytes on disk; 0 when there are no weights yet: then its config's type counts, else bfloat16.</param>
    /// <param name="tokensPerPass">Tokens in a pass.</param>
    public static TrainingMemory Of(ModelSpec spec, OptimisationOptions options, ModelOutline model, long tokensPerPass)
    {
        var training = options.ToTrainingOptions(1);
        long all = 0, trained = 0, rounded = 0, encoded = 0, adapters = 0;
        using (var outline = new Model(spec, (_, _, rows, columns) => new AbsentMatrix(rows, columns)))
            foreach (var parameter in outline.Parameters)
            {
                var (rows, columns) = (parameter.Matrix.Rows, parameter.Matrix.Columns);
                var size = (long)rows * columns;
                all += size;
                if (!training.Trains(parameter.Role)) continue;
                trained += size;
                if (parameter.IsVector) continue;
                rounded += size;
                if (Encoding(options) is { } encoding && parameter.Matrix.Columns % encoding.BlockLength() == 0) encoded += rows * encoding.RowBytes(columns);
                adapters += (options.Lora?.Rank ?? 0) * ((long)rows + columns);
            }
        var pass = TrainingCost.PassBytes(AtFirst(spec, options), tokensPerPass, options.Recompute);
        if (options.Lora is null)
            return new(all, trained, (sizeof(float) * all) + (options.Weights == WeightPrecision.BF16 ? 2 * rounded : 0), 0, pass);
        var stored = model.WeightBytes > 0 ? model.WeightBytes : all * (HfConfig.From(model.Config).DType ?? TensorType.BF16).ByteSize();
        // Rounded ones take the place of their share of what is stored.
        if (encoded > 0) stored = (long)(stored * (1 - ((double)rounded / all))) + encoded;
        return new(all, adapters, stored, sizeof(float) * adapters, pass + LogitsBytes);
    }

    static WeightEncoding? Encoding(OptimisationOptions options) => options.Lora?.Base switch
    {
        LoraBase.Q8_0 => WeightEncoding.Q8_0,
        LoraBase.Q4_0 => WeightEncoding.Q4_0,
        _ => null,
    };

    /// <summary>Bytes written: the result, and what is saved to resume.</summary>
    public long OutputBytes(OptimisationOptions options) =>
        ((options.Lora is { Result: LoraResult.Kept } ? Trained : Parameters) * options.Type.ByteSize()) + (3 * sizeof(float) * Trained);

    /// <summary>"memory: weights 16.06 GB, adapters 0.17 GB, gradients 0.17 GB, moments 0.34 GB, a pass 2.59 GB".</summary>
    public override string ToString()
    {
        (string Name, long Bytes)[] parts = [("weights", Weights), ("adapters", Adapters), ("gradients", Gradients), ("moments", Moments), ("a pass", Pass)];
        return $"memory: {string.Join(", ", parts.Where(p => p.Bytes > 0).Select(p => $"{p.Name} {Text(p.Bytes)}"))}";

        static string Text(long bytes) => bytes >= 100_000_000 ? (bytes / 1e9).ToString("F2", CultureInfo.InvariantCulture) + " GB"
            : (bytes / 1e6).ToString("F2", CultureInfo.InvariantCulture) + " MB";
    }

    // Annealing begins with the most experts per token, and so does ReLU; some choose all as long as they train.
    static ModelSpec AtFirst(ModelSpec spec, OptimisationOptions options) => spec with
    {
        Layers = [.. spec.Layers.Select(layer => new LayerSpec(
            layer.Attention.Experts is { } heads
                ? layer.Attention with { Experts = heads with { Router = Raised(heads.Router, options.AnnealAttention?.From ?? 0) } } : layer.Attention,
            layer.FeedForward is MixtureSpec mixture
                ? mixture with { Router = Raised(mixture.Router, options.AnnealChosen?.From ?? 0) } : layer.FeedForward))],
    };

    static RouterSpec Raised(RouterSpec router, int from) => router with
    {
        Chosen = router.InTraining().Selection.Kind is SelectionKind.All or SelectionKind.Positive
            ? router.Experts : new ChosenAnneal(from, 1).Of(router.InTraining()),
    };
}

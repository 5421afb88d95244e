using Moesaic.Formats;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Heads;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Methods.Progress;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction.Plans;

/// <summary>Statistics to plan, in three stages that know nothing of each other: division, routers, scales.</summary>
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
        if (options.Scales is { } scales && scales.Count != layers.Length)
            throw new BadRequestException($"scales lists {scales.Count} numbers, but {layers.Length} layers are split.");
        return new SplitPlan
        {
            Method = System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(options.Method.ToString()),
            Seed = seed,
            Chosen = options.Chosen,
            Score = options.EffectiveScore,
            Noise = options.Noise,
            Weight = options.EffectiveWeight,
            Attention = options.Attention is { } attention ? AttentionPlanner.Outline(attention, layers, dense) : null,
            Layers = !options.SplitsFeedForward ? [] : [.. layers.Select((l, i) =>
                Division.Outline(options.Method, l, SplitContext.SizesOf(dense, l, options), seed) with { Scale = SplitScale.Given(options, i) })],
        };
    }

    /// <summary>Makes the plan.</summary>
    /// <param name="dense">The source.</param>
    /// <param name="data">Calibration text; null when the options need none.</param>
    public SplitPlan Make(Model dense, PackedDataset? data)
    {
        using var source = SplitSource.Of(dense);
        return Make(source, data);
    }

    /// <summary>Makes the plan with one layer of the model in memory: the same plan.</summary>
    /// <param name="dense">The source.</param>
    /// <param name="data">Calibration text; null when the options need none.</param>
    /// <param name="folder">For temporary files; null: what is kept of the calibration text stays in memory.</param>
    public SplitPlan Make(ModelPieces dense, PackedDataset? data, string? folder = null)
    {
        using var source = SplitSource.Of(dense, folder);
        return Make(source, data);
    }

    SplitPlan Make(SplitSource source, PackedDataset? data)
    {
        using var context = new SplitContext(options, seed, source, data, progress, cancellation);
        var plan = Outline(source.Layers.Spec);
        if (options.Attention is { } attention) plan = new AttentionPlanner(context, attention).Make(plan);
        if (plan.Layers.Count == 0) return plan;
        var divided = Division.Divide(context, plan.Layers);
        return SplitScale.Choose(context, plan with { Layers = RouterStarts.Choose(context, divided) });
    }
}

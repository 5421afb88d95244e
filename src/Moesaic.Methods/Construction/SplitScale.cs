using Moesaic.Formats;

namespace Moesaic.Methods.Construction;

/// <summary>The third stage of a split: what the routed experts' outputs are multiplied by.</summary>
static class SplitScale
{
    /// <summary>A plan with its scales.</summary>
    /// <param name="context">Options and calibration text.</param>
    /// <param name="plan">Divided, with routers.</param>
    public static SplitPlan Choose(SplitContext context, SplitPlan plan) => context.Options.Scale is null ? Fit(context, plan) : plan;

    static SplitPlan Fit(SplitContext context, SplitPlan plan)
    {
        var (dense, options) = (context.Dense, context.Options);
        using var mixture = Split.Apply(dense, plan);
        using var task = context.Progress.Begin("fit scales", dense.Blocks.Count, "layers");
        var fitted = ScaleFit.Fit(dense, mixture, context.Data, options.ScaleInput, options.ScaleWeight,
            progress: done => task.Report(done), cancellation: context.Cancellation);
        return plan with
        {
            Layers = [.. plan.Layers.Zip(fitted, (layer, fit) => fit.Scale > 0 && double.IsFinite(fit.Scale)
                ? layer with { Scale = (float)fit.Scale, Measured = (layer.Measured ?? new SplitMeasures()) with { Error = fit.Error } }
                : throw new BadModelException($"Layer {fit.Layer}: no scale makes the chosen experts resemble the dense layer (the best is {fit.Scale:g3}). " +
                    "Choose more experts per token, another method, or give a scale."))],
        };
    }
}

using Moesaic.Formats;
using Moesaic.Methods.Construction.Plans;

namespace Moesaic.Methods.Construction.Scales;

/// <summary>Where the factor of the routed experts comes from when no number is given.</summary>
public enum ScaleRule
{
    /// <summary>Least squares per layer; see <see cref="ScaleFit"/>.</summary>
    Fitted,

    /// <summary>
    /// E/K (LLaMA-MoE v1's "number of experts over number of selected"). With combine weights that sum to 1 it keeps the size of the
    /// output only for K³ = E, as 2 of 8.
    /// </summary>
    EOverK,

    /// <summary>√(E·K): keeps the size of the output when experts are independent and equally weighted.</summary>
    SqrtEk,

    /// <summary>Per layer, what the layer adds in proportion to its residual stream is as in the source; see <see cref="Scales.ResidualRatio"/>.</summary>
    ResidualRatio,
}

/// <summary>The third stage of a split: what the routed experts' outputs are multiplied by.</summary>
static class SplitScale
{
    /// <summary>The scale of a layer as far as the options alone decide it; 1 where it is measured.</summary>
    /// <param name="options">The options.</param>
    /// <param name="index">Which of the layers that are split.</param>
    public static float Given(SplitStepOptions options, int index) => (float)(options.Scale ?? options.Scales?[index] ?? options.ScaleRule switch
    {
        ScaleRule.EOverK => (double)options.Experts / options.Chosen,
        ScaleRule.SqrtEk => Math.Sqrt((double)options.Experts * options.Chosen),
        _ => 1,
    });

    /// <summary>A plan with its scales.</summary>
    /// <param name="context">Options and calibration text.</param>
    /// <param name="plan">Divided, with routers.</param>
    public static SplitPlan Choose(SplitContext context, SplitPlan plan) =>
        !context.Options.MeasuresScale ? plan : context.Options.ScaleRule == ScaleRule.Fitted ? Fit(context, plan) : Balance(context, plan);

    static SplitPlan Fit(SplitContext context, SplitPlan plan)
    {
        var options = context.Options;
        using var mixture = context.Mixture(plan);
        using var task = context.Progress.Begin("fit scales", mixture.Spec.Layers.Count, "layers");
        var fitted = ScaleFit.Fit(context.Layers, mixture, context.Data, options.ScaleInput, options.ScaleWeight,
            progress: done => task.Report(done), cancellation: context.Cancellation);
        return plan with
        {
            Layers = [.. plan.Layers.Zip(fitted, (layer, fit) => fit.Scale > 0 && double.IsFinite(fit.Scale)
                ? layer with { Scale = (float)fit.Scale, Measured = (layer.Measured ?? new SplitMeasures()) with { Error = fit.Error } }
                : throw new BadModelException($"Layer {fit.Layer}: no scale makes the chosen experts resemble the dense layer (the best is {fit.Scale:g3}). " +
                    "Choose more experts per token, another method, or give a scale."))],
        };
    }

    static SplitPlan Balance(SplitContext context, SplitPlan plan)
    {
        using var mixture = context.Mixture(plan);
        using var task = context.Progress.Begin("measure scales", mixture.Spec.Layers.Count, "layers");
        var scales = ResidualRatio.Measure(context.Layers, mixture, context.Data,
            progress: done => task.Report(done), cancellation: context.Cancellation);
        return plan with { Layers = [.. plan.Layers.Zip(scales, (layer, scale) => layer with { Scale = (float)scale })] };
    }
}

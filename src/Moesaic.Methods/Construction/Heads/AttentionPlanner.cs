using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Methods.Construction.Scales;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Heads;

/// <summary>
/// Routers and scales of attention experts, layer by layer over the calibration text: a layer sees what the layers before it,
/// split and scaled, leave it. Holds two arrays [T, D] over all calibration tokens.
/// </summary>
/// <param name="context">Options and calibration text.</param>
/// <param name="options">Of attention.</param>
sealed class AttentionPlanner(SplitContext context, AttentionSplitOptions options)
{
    const int RowsPerPass = 8;

    /// <summary>The layers without what calibration decides.</summary>
    public static AttentionSplit Outline(AttentionSplitOptions options, IEnumerable<int> layers, ModelSpec dense) => new()
    {
        Chosen = options.Chosen,
        Keys = options.Keys,
        KeepFirst = options.KeepFirst && options.Keys == ExpertKeys.Routed,
        Parts = options.Parts,
        Weight = options.EffectiveWeight,
        Layers = [.. layers.Select(l => new AttentionLayerSplit
        {
            Layer = l,
            Scale = (float)(options.Scale ?? 1),
            Router = options.Router == AttentionRouterStart.Zeros
                ? new byte[(long)dense.Layers[l].Attention.KeyValueHeads * options.Parts * dense.Width * sizeof(float)] : null,
        })],
    };

    /// <summary>A plan with the routers and scales of its attention.</summary>
    public SplitPlan Make(SplitPlan plan)
    {
        var outline = plan.Attention!;
        if (!options.NeedsCalibration) return plan;
        // The feed-forwards stay dense: they come after, and see the attention as it will be.
        using var cut = context.Mixture(plan with { Layers = [], Attention = outline });
        var passes = DensePass.Inputs(context.Data, RowsPerPass);
        using var workspace = new Workspace();
        using var task = context.Progress.Begin("fit attention", cut.Spec.Layers.Count, "layers");
        var streams = LayerwisePass.Embed(cut, passes, workspace);
        var layers = new List<AttentionLayerSplit>();
        for (var l = 0; l < cut.Spec.Layers.Count; l++)
        {
            var block = cut.Layer(l, context.Data.Length);
            var split = outline.Layers.FirstOrDefault(s => s.Layer == l);
            if (split is not null) layers.Add(Fit(workspace, block, context.Layers.Layer(l, context.Data.Length).Attention, split, streams, passes));
            for (var p = 0; p < passes.Length; p++)
            {
                workspace.Begin(recording: false);
                if (split is null) block.ForwardAttention(workspace, streams[p], passes[p]);
                var x = block.FeedForwardInput(workspace, streams[p]);
                workspace.Residual(streams[p], block.FeedForward.Forward(workspace, x, passes[p], null));
            }
            task.Report(l + 1);
        }
        foreach (var stream in streams) stream.Dispose();
        return plan with { Attention = outline with { Layers = layers } };
    }

    /// <summary>Router and scale of one layer; the streams are moved past its attention.</summary>
    AttentionLayerSplit Fit(Workspace workspace, Block block, AttentionLayer dense, AttentionLayerSplit split, Tensor[] streams, PassInput[] passes)
    {
        var experts = (ExpertAttention)block.Attention;
        if (options.Router == AttentionRouterStart.Energy)
        {
            var agreement = StartByEnergy(workspace, block, experts, streams, passes);
            split = split with { Router = MemoryMarshal.AsBytes(experts.Router.Weight.Dense.Span).ToArray(), Agreement = agreement };
        }
        var sums = new ScaleFit.Sums(context.Options.ScaleWeight == FitWeight.Tokens);
        var routed = new Tensor[passes.Length];
        for (var p = 0; p < passes.Length; p++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            workspace.Begin(recording: false);
            var x = block.AttentionInput(workspace, streams[p]);
            var y = dense.Forward(workspace, x, passes[p], null);
            routed[p] = experts.Forward(workspace, x, passes[p], null).Clone();
            sums.Add(y, null, routed[p], passes[p].Counted.Span);
        }
        // The scale that is already in the combine weights was the given one, or 1.
        var factor = options.Scale is null ? sums.Scale : 1;
        if (!(factor > 0) || !double.IsFinite(factor))
            throw new BadModelException($"Layer {split.Layer}: no scale makes the chosen attention experts resemble the dense attention (the best is {factor:g3}). " +
                "Choose more attention experts per token, or give a scale.");
        for (var p = 0; p < passes.Length; p++)
        {
            Elementwise.AddScaled(streams[p].Span, routed[p].Span, (float)factor);
            routed[p].Dispose();
        }
        return split with { Scale = (float)(split.Scale * factor), Error = options.Scale is null ? sums.Error : null };
    }

    /// <summary>The router that predicts best, in squares, the logarithm of what each expert adds; returns how often it chooses right.</summary>
    double StartByEnergy(Workspace workspace, Block block, ExpertAttention experts, Tensor[] streams, PassInput[] passes)
    {
        long total = passes.Sum(p => (long)p.Counted.Span.Count(true)), seen = 0;
        var (count, kept) = (experts.Router.Spec.Experts, (int)Math.Min(total, options.RouterTokens));
        using Tensor inputs = new(kept, streams[0].Columns), energies = new(kept, count);
        for (var p = 0; p < passes.Length; p++)
        {
            context.Cancellation.ThrowIfCancellationRequested();
            workspace.Begin(recording: false);
            var x = block.AttentionInput(workspace, streams[p]);
            var parts = experts.OfAll(workspace, x, passes[p]);
            for (var t = 0; t < x.Rows; t++)
            {
                if (!passes[p].Counted.Span[t]) continue;
                var row = (int)(seen * kept / total);
                if (seen == 0 || (seen - 1) * kept / total != row)
                {
                    x.Row(t).CopyTo(inputs.Row(row));
                    for (var e = 0; e < count; e++)
                        energies.Row(row)[e] = (float)(0.5 * Math.Log(1e-20 + Elementwise.SumOfSquares(parts.Row((e * x.Rows) + t))));
                }
                seen++;
            }
        }
        var router = experts.Router.Weight.Dense;
        LeastSquares.Fit(inputs, energies, router);
        RouterInit.Centre(router);
        RouterInit.Sharpen(router, inputs, options.Sharpness);
        return Agreement(router, inputs, energies);
    }

    double Agreement(Tensor router, Tensor inputs, Tensor energies)
    {
        var logits = new float[inputs.Rows * router.Rows];
        MatMul.Multiply(MatMulForm.ABt, inputs.Span, router.Span, logits, inputs.Rows, router.Rows, router.Columns);
        int[] chosen = new int[options.Chosen], best = new int[options.Chosen];
        long right = 0;
        for (var n = 0; n < inputs.Rows; n++)
        {
            Selection.TopK(logits.AsSpan(n * router.Rows, router.Rows), chosen);
            Selection.TopK(energies.Row(n), best);
            right += chosen.Count(best.Contains);
        }
        return right / ((double)inputs.Rows * options.Chosen);
    }
}

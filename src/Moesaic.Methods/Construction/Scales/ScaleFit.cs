using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction.Scales;

/// <summary>What a layer of a mixture sees while its scale is fitted.</summary>
public enum FitInput
{
    /// <summary>What it will see: the output of the layers before it, split and scaled.</summary>
    Mixture,

    /// <summary>What the dense layer saw.</summary>
    Dense,
}

/// <summary>How much a token's error counts while a scale is fitted.</summary>
public enum FitWeight
{
    /// <summary>By its square, as it is: a few tokens with huge outputs (often the first of a text) decide.</summary>
    Squares,

    /// <summary>Relative to the square of the token's own output, so that every token counts the same.</summary>
    Tokens,
}

/// <summary>The fitted scale of a layer.</summary>
/// <param name="Layer">Number of the layer.</param>
/// <param name="Scale">The best factor for the routed experts' output.</param>
/// <param name="Error">What remains: |y − shared − s·routed|² / |y|², of all tokens together or as a mean of tokens; 0 is exact.</param>
public readonly record struct FittedScale(int Layer, double Scale, double Error);

/// <summary>
/// The factor of the routed experts by weighted least squares, layer by layer: s = Σ ω⟨y − shared, routed⟩ / Σ ω⟨routed, routed⟩
/// over the calibration tokens, where y is the dense layer's output for the same input and ω is <see cref="FitWeight"/>.
/// </summary>
public static class ScaleFit
{
    /// <summary>Fits all mixture layers. Holds two arrays [T, D] over all calibration tokens.</summary>
    /// <param name="dense">The source.</param>
    /// <param name="mixture">Split from it; the scale it has makes no difference.</param>
    /// <param name="data">Calibration text.</param>
    /// <param name="see">What the layers see. Default: what they will.</param>
    /// <param name="weight">Which errors count how much. Default: every token the same.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8.</param>
    /// <param name="progress">Is told the number of layers done, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static IReadOnlyList<FittedScale> Fit(Model dense, Model mixture, PackedDataset data, FitInput see = FitInput.Mixture,
        FitWeight weight = FitWeight.Tokens, int rowsPerPass = 8, Action<int>? progress = null, CancellationToken cancellation = default) =>
        Fit(ModelLayers.Of(dense), ModelLayers.Of(mixture), data, see, weight, rowsPerPass, progress, cancellation);

    /// <summary>The same with a layer of each in memory.</summary>
    internal static IReadOnlyList<FittedScale> Fit(ModelLayers dense, ModelLayers mixture, PackedDataset data, FitInput see = FitInput.Mixture,
        FitWeight weight = FitWeight.Tokens, int rowsPerPass = 8, Action<int>? progress = null, CancellationToken cancellation = default)
    {
        var passes = DensePass.Inputs(data, rowsPerPass);
        using var workspace = new Workspace();
        Tensor[] streams = LayerwisePass.Embed(mixture, passes, workspace), routed = new Tensor[passes.Length];
        var fitted = new List<FittedScale>();
        for (var l = 0; l < mixture.Spec.Layers.Count; l++)
        {
            var block = mixture.Layer(l, data.Length);
            var source = block.FeedForward is MixtureFeedForward ? ModelLayers.FeedForward(dense.Layer(l, data.Length), l) : null;
            var sums = new Sums(weight == FitWeight.Tokens);
            for (var p = 0; p < passes.Length; p++)
            {
                cancellation.ThrowIfCancellationRequested();
                workspace.Begin(recording: false);
                if (block.FeedForward is not MixtureFeedForward split)
                {
                    block.Forward(workspace, streams[p], passes[p], null);
                    continue;
                }
                // Without recording, sums of the residual stream are written into the stream itself.
                var x = block.FeedForwardInput(workspace, block.ForwardAttention(workspace, streams[p], passes[p]));
                var y = source!.Forward(workspace, x, passes[p], null);
                var shared = split.Shared?.Forward(workspace, x, passes[p], null);
                routed[p] = split.Routed(workspace, x, passes[p], null).Clone();
                sums.Add(y, shared, routed[p], passes[p].Counted.Span);
                if ((see == FitInput.Dense ? y : shared) is { } now) Elementwise.Add(streams[p].Span, now.Span);
            }
            if (block.FeedForward is MixtureFeedForward { Router.Spec.Scale: var present })
            {
                fitted.Add(new FittedScale(l, sums.Scale * present, sums.Error));
                for (var p = 0; p < passes.Length; p++)
                {
                    if (see == FitInput.Mixture) Elementwise.AddScaled(streams[p].Span, routed[p].Span, (float)sums.Scale);
                    routed[p].Dispose();
                }
            }
            progress?.Invoke(l + 1);
        }
        foreach (var stream in streams) stream.Dispose();
        return fitted;
    }

    /// <summary>Inner products of w = y − shared, r = routed and y over the tokens.</summary>
    internal sealed class Sums(bool equalTokens)
    {
        double wr, rr, ww, yy;

        /// <summary>The minimiser of |w − s r|²; 0 when nothing is routed.</summary>
        public double Scale => rr > 0 ? wr / rr : 0;

        public double Error => yy > 0 ? Math.Max(0, ww - (Scale * wr)) / yy : 0;

        public void Add(Tensor y, Tensor? shared, Tensor routed, ReadOnlySpan<bool> counted)
        {
            for (var t = 0; t < y.Rows; t++)
            {
                if (!counted[t]) continue;
                ReadOnlySpan<float> y_D = y.Row(t), r_D = routed.Row(t), s_D = shared is null ? default : shared.Row(t);
                double twr = 0, trr = 0, tww = 0, tyy = 0;
                for (var d = 0; d < y_D.Length; d++)
                {
                    var w = (double)y_D[d] - (s_D.IsEmpty ? 0 : s_D[d]);
                    twr += w * r_D[d];
                    trr += (double)r_D[d] * r_D[d];
                    tww += w * w;
                    tyy += (double)y_D[d] * y_D[d];
                }
                var weight = equalTokens ? tyy > 0 ? 1 / tyy : 0 : 1;
                wr += weight * twr;
                rr += weight * trr;
                ww += weight * tww;
                yy += weight * tyy;
            }
        }
    }
}

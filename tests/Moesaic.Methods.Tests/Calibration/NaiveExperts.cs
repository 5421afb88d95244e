using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Calibration;

/// <summary>
/// The same statistics token by token in float64, from the papers' words: logits, affinity, selection (bias and groups select and do not
/// weigh), combine weight, experts. Shares no line with the routers.
/// </summary>
sealed class NaiveExperts(MixtureFeedForward layer)
{
    readonly RouterSpec spec = layer.Router.Spec;

    public long Tokens;
    public readonly long[] Routed = new long[layer.Router.Spec.Experts];
    public readonly double[] Gates = new double[layer.Router.Spec.Experts], Shares = new double[layer.Router.Spec.Experts],
        Probabilities = new double[layer.Router.Spec.Experts], Norms = new double[layer.Router.Spec.Experts],
        GatedNorms = new double[layer.Router.Spec.Experts], Largest = new double[layer.Router.Spec.Experts], AllNorms = new double[layer.Router.Spec.Experts];
    public readonly double[,] Outputs = new double[layer.Router.Spec.Experts, layer.Router.Weight.Columns], Gram = new double[layer.Router.Spec.Experts, layer.Router.Spec.Experts];
    public readonly long[,] Together = new long[layer.Router.Spec.Experts, layer.Router.Spec.Experts];
    public readonly List<double> SecondRatios = [];

    /// <summary>Runs the text through the model and watches every mixture.</summary>
    public static NaiveExperts?[] Watch(Model model, PackedDataset data, Func<int, bool> counts)
    {
        NaiveExperts?[] watched = [.. model.Blocks.Select(b => b.FeedForward is MixtureFeedForward m ? new NaiveExperts(m) : null)];
        using var workspace = new Workspace();
        foreach (var (_, input) in DensePass.Over(data, 2))
        {
            workspace.Begin(recording: false);
            var x = model.Embed(workspace, input);
            for (var l = 0; l < model.Blocks.Count; l++)
            {
                x = model.Blocks[l].ForwardAttention(workspace, x, input);
                var normed = model.Blocks[l].FeedForwardInput(workspace, x);
                for (var t = 0; t < normed.Rows; t++)
                    if (input.Counted.Span[t] && counts(input.Tokens.Span[t])) watched[l]?.Add(normed.Row(t).ToArray());
                x = model.Blocks[l].ForwardFeedForward(workspace, x, input);
            }
        }
        return watched;
    }

    void Add(float[] x)
    {
        var experts = spec.Experts;
        Tokens++;
        double[] z = [.. Enumerable.Range(0, experts).Select(e => Dot(layer.Router.Weight.Dense.Row(e), x))];
        var exponents = z.Select(v => Math.Exp(v - z.Max())).ToArray();
        double[] a = spec.Affinity == RouterAffinity.Sigmoid ? [.. z.Select(v => 1 / (1 + Math.Exp(-v)))] : [.. exponents.Select(v => v / exponents.Sum())];
        var chosen = Choose(a);
        var sum = chosen.Sum(e => a[e]);
        double[] w = [.. chosen.Select(e => spec.Scale * (spec.Weight == CombineWeight.Renormalised ? a[e] / sum : a[e]))];
        for (var i = 0; i < experts; i++)
        {
            Probabilities[i] += a[i] / a.Sum();
            AllNorms[i] += Norm(Compute(i, x));
            for (var j = 0; j < experts; j++) Gram[i, j] += z[i] * z[j];
        }
        double[] ranked = [.. chosen.Select(e => a[e]).OrderDescending()];
        if (chosen.Length > 1) SecondRatios.Add(ranked[1] / ranked[0]);
        for (var j = 0; j < chosen.Length; j++)
        {
            var (e, f) = (chosen[j], Compute(chosen[j], x));
            Routed[e]++;
            Gates[e] += w[j];
            Shares[e] += w[j] / w.Sum();
            Norms[e] += Norm(f);
            GatedNorms[e] += w[j] * Norm(f);
            Largest[e] = Math.Max(Largest[e], f.Max(Math.Abs));
            for (var d = 0; d < f.Length; d++) Outputs[e, d] += f[d];
            foreach (var other in chosen) Together[e, other]++;
        }
    }

    int[] Choose(double[] a)
    {
        double[] scores = [.. a.Select((v, e) => v + (layer.Router.SelectionBias is { } bias ? bias.Span[e] : 0))];
        if (spec.Selection.Kind == SelectionKind.Above)
            return [.. Enumerable.Range(0, a.Length).Where(e => a[e] * a.Length > spec.Selection.Threshold).OrderByDescending(e => a[e])];
        if (spec.Groups is { } groups)
        {
            var size = a.Length / groups.Count;
            var kept = Enumerable.Range(0, groups.Count).OrderByDescending(g => scores.Skip(g * size).Take(size).OrderDescending().Take(2).Sum()).Take(groups.Kept).ToHashSet();
            for (var e = 0; e < a.Length; e++)
                if (!kept.Contains(e / size)) scores[e] = double.NegativeInfinity;
        }
        return [.. Enumerable.Range(0, a.Length).OrderByDescending(e => scores[e]).Take(spec.Chosen)];
    }

    double[] Compute(int e, float[] x)
    {
        Tensor gate = layer.Experts.Gates[e].Dense, up = layer.Experts.Ups[e].Dense, down = layer.Experts.Downs[e].Dense;
        var inner = new float[gate.Rows];
        for (var f = 0; f < inner.Length; f++)
        {
            var g = Dot(gate.Row(f), x);
            inner[f] = (float)(g / (1 + Math.Exp(-g)) * Dot(up.Row(f), x));
        }
        return [.. Enumerable.Range(0, down.Rows).Select(d => Dot(down.Row(d), inner))];
    }

    static double Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double sum = 0;
        for (var i = 0; i < a.Length; i++) sum += (double)a[i] * b[i];
        return sum;
    }

    static double Norm(double[] f) => Math.Sqrt(f.Sum(v => v * v));
}

using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction;

/// <summary>Importance of the neurons of one layer for each cluster of tokens.</summary>
/// <param name="clusters">Number of clusters, E.</param>
/// <param name="width">Number of neurons, F.</param>
public sealed class LayerImportance(int clusters, int width)
{
    /// <summary>Σ |h · ∂L/∂h| per cluster and neuron.</summary>
    internal double[][] Sums { get; } = [.. Enumerable.Range(0, clusters).Select(_ => new double[width])];

    /// <summary>Tokens per cluster.</summary>
    public long[] Tokens { get; } = new long[clusters];

    /// <summary>I[c][j], the mean over the tokens of cluster c; zeros for a cluster without tokens.</summary>
    public double[][] Mean => [.. Sums.Select((row, c) => row.Select(sum => sum / Math.Max(1, Tokens[c])).ToArray())];
}

/// <summary>
/// First-order importance of neurons per token cluster (LLaMA-MoE, Zhu et al. 2024, section 3.1; clusters of tokens as in
/// LLaMA-MoE v2): I[c][j] = mean over the tokens t of cluster c of |h[t,j] · ∂L/∂h[t,j]|, where h is what the neurons hold
/// and L the cross-entropy. Weights have no gradient here; only activations do. L is the sum over the targets, so that a
/// token's gradient does not depend on the length of what it is batched with.
/// </summary>
public static class GradientImportance
{
    /// <summary>Measures all layers in one pass over the data.</summary>
    /// <param name="model">Dense.</param>
    /// <param name="data">The text; tokens that are no target count too, for they serve later ones.</param>
    /// <param name="routers">Per layer [E, D]: a token belongs to the cluster whose row gives the largest x·row.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 4.</param>
    /// <param name="progress">Is told the number of tokens seen, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <exception cref="BadModelException">The loss is not finite.</exception>
    public static LayerImportance[] Measure(Model model, PackedDataset data, IReadOnlyList<Tensor> routers, int rowsPerPass = 4,
        Action<long>? progress = null, CancellationToken cancellation = default)
    {
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = false;
        LayerImportance[] result = [.. model.Blocks.Select((_, l) =>
            new LayerImportance(routers[l].Rows, DensePass.Dense(model, l).Gate.Rows))];
        using var workspace = new Workspace();
        var ones = new float[rowsPerPass * data.Length];
        Array.Fill(ones, 1f);
        long seen = 0;
        foreach (var (batch, input) in DensePass.Over(data, rowsPerPass))
        {
            cancellation.ThrowIfCancellationRequested();
            workspace.Begin(recording: true);
            var hidden = DensePass.Run(workspace, model, input, (layer, x, neurons, counted) =>
            {
                var labels = Labels(x, routers[layer]);
                workspace.Record(neurons, () => Add(result[layer], neurons, labels, counted.Span), inPlace: true);
            });
            var losses = workspace.CrossEntropy(hidden, model.Head, batch.Targets, ones);
            foreach (var loss in losses.Span)
                if (!float.IsFinite(loss)) throw new BadModelException("The model's loss on the calibration text is not finite: the model is damaged.");
            workspace.Backward();
            workspace.Reset();
            progress?.Invoke(seen += input.Counted.Span.Count(true));
        }
        return result;
    }

    /// <summary>The cluster of each row of x: the router's first choice.</summary>
    /// <param name="x">[T, D].</param>
    /// <param name="router">[E, D].</param>
    internal static int[] Labels(Tensor x, Tensor router)
    {
        var scores = new float[x.Rows * router.Rows];
        MatMul.Multiply(MatMulForm.ABt, x.Span, router.Span, scores, x.Rows, router.Rows, x.Columns);
        var labels = new int[x.Rows];
        Span<int> first = stackalloc int[1];
        for (var t = 0; t < labels.Length; t++)
        {
            Models.Experts.Selection.TopK(scores.AsSpan(t * router.Rows, router.Rows), first);
            labels[t] = first[0];
        }
        return labels;
    }

    static void Add(LayerImportance layer, Tensor neurons, int[] labels, ReadOnlySpan<bool> counted)
    {
        for (var t = 0; t < labels.Length; t++)
        {
            if (!counted[t]) continue;
            layer.Tokens[labels[t]]++;
            var sums = layer.Sums[labels[t]];
            var h = neurons.Row(t);
            var dh = neurons.Gradient!.Row(t);
            for (var j = 0; j < h.Length; j++) sums[j] += Math.Abs((double)h[j] * dh[j]);
        }
    }
}

using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction.Importance;

/// <summary>The cluster of each token of a pass.</summary>
/// <param name="layer">Number of the layer.</param>
/// <param name="x">[T, D] what the feed-forward reads.</param>
/// <param name="input">The pass; each of its segments is a document.</param>
/// <param name="firstDocument">How many documents the passes before held.</param>
delegate int[] TokenLabels(int layer, Tensor x, PassInput input, int firstDocument);

/// <summary>
/// First-order importance of neurons per token cluster (LLaMA-MoE, Zhu et al. 2024, section 3.1; clusters of tokens as in
/// LLaMA-MoE v2): I[c][j] = mean over the tokens t of cluster c of |h[t,j] · ∂L/∂h[t,j]|, where h is what the neurons hold
/// and L the cross-entropy. Weights have no gradient here; only activations do. L is the sum over the targets, so that a
/// token's gradient does not depend on the length of what it is batched with.
/// </summary>
public static class GradientImportance
{
    /// <summary>Measures all layers in one pass over the data, for clusters of tokens.</summary>
    /// <param name="model">Dense.</param>
    /// <param name="data">The text; tokens that are no target count too, for they serve later ones.</param>
    /// <param name="routers">Per layer [E, D]: a token belongs to the cluster whose row gives the largest x·row.</param>
    /// <param name="options">What importance is; null for the defaults.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 4.</param>
    /// <param name="progress">Is told the number of tokens seen, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <exception cref="BadModelException">The loss is not finite.</exception>
    public static LayerImportance[] Measure(Model model, PackedDataset data, IReadOnlyList<Tensor> routers, ImportanceOptions? options = null,
        int rowsPerPass = 4, Action<long>? progress = null, CancellationToken cancellation = default) =>
        Measure(model, data, [.. routers.Select(r => r.Rows)], (layer, x, _, _) => Labels(x, routers[layer]), options, rowsPerPass, progress, cancellation);

    /// <summary>Measures all layers in one pass over the data, for clusters of documents.</summary>
    /// <param name="model">Dense.</param>
    /// <param name="data">The text.</param>
    /// <param name="clusters">Number of clusters.</param>
    /// <param name="documents">The cluster of each document, in the order of <see cref="DocumentClusters"/>.</param>
    /// <param name="options">What importance is; null for the defaults.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 4.</param>
    /// <param name="progress">Is told the number of tokens seen, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <exception cref="BadModelException">The loss is not finite.</exception>
    public static LayerImportance[] Measure(Model model, PackedDataset data, int clusters, int[] documents, ImportanceOptions? options = null,
        int rowsPerPass = 4, Action<long>? progress = null, CancellationToken cancellation = default) =>
        Measure(model, data, [.. Enumerable.Repeat(clusters, model.Blocks.Count)],
            (_, _, input, first) => DocumentClusters.TokenLabels(input, documents.AsSpan(first)), options, rowsPerPass, progress, cancellation);

    static LayerImportance[] Measure(Model model, PackedDataset data, int[] clusters, TokenLabels label, ImportanceOptions? options,
        int rowsPerPass, Action<long>? progress, CancellationToken cancellation)
    {
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = false;
        LayerImportance[] result = [.. model.Blocks.Select((_, l) => new LayerImportance(clusters[l], DensePass.Dense(model, l).Gate.Rows, options))];
        using var workspace = new Workspace();
        var ones = new float[rowsPerPass * data.Length];
        Array.Fill(ones, 1f);
        long seen = 0;
        var documents = 0;
        foreach (var (batch, input) in DensePass.Over(data, rowsPerPass))
        {
            cancellation.ThrowIfCancellationRequested();
            workspace.Begin(recording: true);
            var hidden = DensePass.Run(workspace, model, input, (layer, x, neurons, counted) =>
            {
                var labels = label(layer, x, input, documents);
                workspace.Record(neurons, () => result[layer].Add(neurons, neurons.Gradient!, labels, counted.Span), inPlace: true);
            });
            var losses = workspace.CrossEntropy(hidden, model.Head, batch.Targets, ones);
            foreach (var loss in losses.Span)
                if (!float.IsFinite(loss)) throw new BadModelException("The model's loss on the calibration text is not finite: the model is damaged.");
            workspace.Backward();
            workspace.Reset();
            documents += input.Segments.Length;
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
}

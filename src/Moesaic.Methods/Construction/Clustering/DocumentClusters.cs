using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Construction.Clustering;

/// <summary>What documents are compared by.</summary>
public enum DocumentEmbedding
{
    /// <summary>The mean of the model's own last hidden states over the document.</summary>
    HiddenStates,

    /// <summary>Which tokens it holds, the rarer the weightier (tf-idf), folded into 1,024 numbers.</summary>
    Words,
}

/// <summary>
/// Clusters of documents by meaning (LLaMA-MoE v1, Zhu et al. 2024, section 3.1: one cluster per expert, there by an outside sentence embedder; here without one). A document is
/// a segment of the packed text: a text, or a piece of one that is longer than a block.
/// </summary>
public static class DocumentClusters
{
    const int Folded = 1024;

    /// <summary>Clusters by cosine around the mean document.</summary>
    /// <param name="embeddings">[documents, any], changed.</param>
    /// <param name="options">Clusters and how equal they must be; the metric is the cosine.</param>
    /// <param name="random">Starts the clustering.</param>
    /// <param name="cancellation">Stops between rounds.</param>
    /// <returns>The cluster of each document.</returns>
    /// <exception cref="BadRequestException">There are fewer documents than clusters.</exception>
    public static int[] Cluster(Tensor embeddings, KMeansOptions options, Random random, CancellationToken cancellation = default)
    {
        if (embeddings.Rows < options.Clusters)
            throw new BadRequestException($"{embeddings.Rows} calibration documents cannot make {options.Clusters} clusters; give more text.");
        Centre(embeddings);
        UnitRows.Normalise(embeddings);
        return BalancedKMeans.Cluster(embeddings, options with { Spherical = true }, random, cancellation).Labels;
    }

    // All documents share a large part; without it the cosine tells them apart.
    static void Centre(Tensor rows)
    {
        var mean = new double[rows.Columns];
        for (var n = 0; n < rows.Rows; n++)
            for (var d = 0; d < mean.Length; d++) mean[d] += rows.Row(n)[d] / (double)rows.Rows;
        for (var n = 0; n < rows.Rows; n++)
            for (var d = 0; d < mean.Length; d++) rows.Row(n)[d] -= (float)mean[d];
    }

    /// <summary>The embeddings of all documents by the model's hidden states after the last norm, in the order of the blocks.</summary>
    /// <param name="model">Its layers.</param>
    /// <param name="data">The text.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8; makes no difference.</param>
    /// <param name="progress">Is told the number of layers done, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <returns>[documents, D].</returns>
    internal static Tensor ByHiddenStates(ModelLayers model, PackedDataset data, int rowsPerPass = 8, Action<int>? progress = null,
        CancellationToken cancellation = default)
    {
        var passes = DensePass.Inputs(data, rowsPerPass);
        var streams = LayerwisePass.Run(model, data, passes, (_, _) => null, (l, _) => progress?.Invoke(l + 1), cancellation);
        var head = model.Head();
        var rows = new List<float[]>();
        using var workspace = new Workspace();
        for (var p = 0; p < passes.Length; p++)
        {
            workspace.Begin(recording: false);
            AddMeans(rows, workspace.RmsNorm(streams[p], head["model.norm.weight"], model.Spec.NormEpsilon), passes[p]);
            streams[p].Dispose();
        }
        return new Tensor(rows.Count, model.Spec.Width, [.. rows.SelectMany(r => r)]);
    }

    static void AddMeans(List<float[]> rows, Tensor hidden, PassInput input)
    {
        foreach (var segment in input.Segments.Span)
        {
            var mean = new float[hidden.Columns];
            for (var t = 0; t < segment.QueryCount; t++) Elementwise.AddScaled(mean, hidden.Row(segment.QueryStart + t), 1f / segment.QueryCount);
            rows.Add(mean);
        }
    }

    /// <summary>
    /// The embeddings by words: Σ over the distinct tokens of (1 + ln tf) · ln(documents / df), added at a place and with a sign
    /// that a hash of the token gives (Weinberger et al. 2009, "Feature hashing").
    /// </summary>
    /// <param name="data">The text.</param>
    /// <returns>[documents, 1024].</returns>
    public static Tensor ByWords(PackedDataset data)
    {
        var documents = new List<Dictionary<int, int>>();
        foreach (var (batch, input) in DensePass.Over(data, 1))
            foreach (var segment in input.Segments.Span)
                documents.Add(batch.Tokens.AsSpan(segment.QueryStart, segment.QueryCount).ToArray().CountBy(t => t).ToDictionary());
        var holding = documents.SelectMany(d => d.Keys).CountBy(t => t).ToDictionary();
        var rows = new Tensor(documents.Count, Folded);
        for (var n = 0; n < documents.Count; n++)
            foreach (var (token, count) in documents[n].OrderBy(p => p.Key))
            {
                var hash = (uint)token * 0x9E3779B1u;
                var weight = (1 + Math.Log(count)) * Math.Log((double)documents.Count / holding[token]);
                rows.Row(n)[(int)(hash >> 22)] += (float)((hash >> 21 & 1) == 0 ? weight : -weight);
            }
        return rows;
    }

    /// <summary>The cluster of each token of a pass: that of its document. Padding gets 0.</summary>
    internal static int[] TokenLabels(PassInput input, ReadOnlySpan<int> documents)
    {
        var labels = new int[input.Tokens.Length];
        for (var s = 0; s < input.Segments.Length; s++)
            labels.AsSpan(input.Segments.Span[s].QueryStart, input.Segments.Span[s].QueryCount).Fill(documents[s]);
        return labels;
    }
}

using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Importance;

namespace Moesaic.Methods.Construction.Divisions;

/// <summary>LLaMA-MoE v1's gradient split put together: <see cref="DocumentClusters"/>, importance per cluster, assignment.</summary>
static class DocumentClusterDivision
{
    public static IReadOnlyList<DividedLayer> Divide(SplitContext context, IReadOnlyList<LayerSplit> outline)
    {
        var options = context.Options;
        using var embeddings = options.Documents.Embedding == DocumentEmbedding.Words ? DocumentClusters.ByWords(context.Data) : ByHiddenStates(context);
        var documents = DocumentClusters.Cluster(embeddings, new KMeansOptions { Clusters = options.Experts, Slack = options.ClusterSlack },
            context.Random(0), context.Cancellation);
        var importance = ImportanceDivision.Measure(context, outline,
            (_, _, input, first) => DocumentClusters.TokenLabels(input, documents.AsSpan(first)));
        return [.. outline.Select(layer =>
            new DividedLayer(ImportanceDivision.Assign(options, layer, context.Sizes(layer.Layer), importance[layer.Layer]!)))];
    }

    static Tensors.Tensor ByHiddenStates(SplitContext context)
    {
        using var task = context.Progress.Begin("embed documents", context.Layers.Spec.Layers.Count, "layers");
        return DocumentClusters.ByHiddenStates(context.Layers, context.Data, progress: done => task.Report(done), cancellation: context.Cancellation);
    }
}

using Moesaic.Methods.Calibration;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Compression.Search;

/// <summary>
/// The walk of a search: layer after layer, the outputs of all experts of one layer cached at a time. Progressive, a layer reads what the layers before it
/// give with the experts they keep, and is compared with what the whole model gives there (NAEE's progressive pruning).
/// </summary>
/// <param name="text">The text.</param>
/// <param name="progressive">Whether it is.</param>
sealed class LayerWalk(SearchText text, bool progressive)
{
    /// <summary>Walks.</summary>
    /// <param name="known">The experts that a layer keeps, where an earlier run decided, or null: then it is judged.</param>
    /// <param name="judge">Given a mixture's number and its cached outputs, the experts that it keeps.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public void Run(Func<int, int[]?> known, Func<int, CachedOutputs, int[]> judge, CancellationToken cancellation)
    {
        using var workspace = new Workspace();
        var whole = text.Embed();
        Tensor[] pruned = progressive ? [.. whole.Select(s => s.Clone())] : whole;
        try
        {
            for (var l = 0; l < text.Model.Spec.Layers.Count; l++)
            {
                var block = text.Layer(l);
                foreach (var streams in progressive ? new[] { whole, pruned } : [whole])
                    for (var p = 0; p < streams.Length; p++)
                    {
                        cancellation.ThrowIfCancellationRequested();
                        text.Attend(workspace, block, p, streams[p]);
                    }
                RouterSubset? kept = null;
                if (block.FeedForward is MixtureFeedForward mixture)
                {
                    var decided = known(l) ?? Judge(l, block, mixture, pruned, whole, judge, cancellation);
                    if (progressive) kept = RouterSubset.Of(mixture.Router, decided);
                }
                for (var p = 0; p < whole.Length; p++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    text.FeedForward(workspace, block, p, whole[p], null);
                    if (progressive) text.FeedForward(workspace, block, p, pruned[p], kept);
                }
            }
        }
        finally
        {
            foreach (var stream in whole.Concat(pruned).Distinct()) stream.Dispose();
        }
    }

    int[] Judge(int layer, Block block, MixtureFeedForward mixture, Tensor[] pruned, Tensor[] whole, Func<int, CachedOutputs, int[]> judge, CancellationToken cancellation)
    {
        using var sample = text.Read(block, pruned, progressive ? whole : null);
        using var outputs = CachedOutputs.Gather(mixture, sample, $"layer {layer}", cancellation);
        return judge(layer, outputs);
    }
}

using Moesaic.Methods.Calibration;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Compression.Search;

/// <summary>
/// The joint choice of a few layers (MoE-I², Yang et al. 2024, section 3.1, "KT-receptive field"): of the K best choices of each of T mixture layers that follow
/// one another, all K^T combinations run, and the one stays after which the residual stream differs least from that of the whole model. Choices
/// of one layer alone do not see what the next layers make of their errors.
/// </summary>
/// <param name="text">The text, all of whose tokens are run; K^(T − 1) streams are held.</param>
sealed class WindowSearch(SearchText text)
{
    /// <summary>Decides window after window; each reads what the whole model gives before it.</summary>
    /// <param name="candidates">Per mixture layer its best choices.</param>
    /// <param name="window">T.</param>
    /// <param name="decided">Windows that an earlier run decided, by their first layer, or null for one that it did not.</param>
    /// <param name="done">Is told a window's first layer and the choice of each of its layers.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <returns>The experts that stay, by layer.</returns>
    public Dictionary<int, int[]> Run(IReadOnlyDictionary<int, IReadOnlyList<int[]>> candidates, int window, Func<int, int[][]?> decided,
        Action<int, int[][]> done, CancellationToken cancellation)
    {
        var result = new Dictionary<int, int[]>();
        using var workspace = new Workspace();
        var whole = text.Embed();
        try
        {
            var next = 0;
            foreach (var layers in candidates.Keys.Order().Chunk(window))
            {
                for (; next < layers[0]; next++) Advance(workspace, text.Layer(next), whole, cancellation);
                var known = decided(layers[0]);
                Variant[] open = known is null ? [new Variant([], [.. whole.Select(s => s.Clone())])] : [];
                // Layers of the window, those between its mixtures too.
                for (; next <= layers[^1]; next++)
                {
                    var block = text.Layer(next);
                    Advance(workspace, block, whole, cancellation);
                    if (known is null) open = Branch(workspace, block, candidates.GetValueOrDefault(next), open, next == layers[^1] ? whole : null, cancellation);
                }
                if (known is null) done(layers[0], known = open.MinBy(v => v.Error)!.Kept);
                foreach (var (layer, kept) in layers.Zip(known)) result[layer] = kept;
            }
            return result;
        }
        finally
        {
            foreach (var stream in whole) stream.Dispose();
        }
    }

    void Advance(Workspace workspace, Block block, Tensor[] streams, CancellationToken cancellation)
    {
        for (var p = 0; p < streams.Length; p++)
        {
            cancellation.ThrowIfCancellationRequested();
            text.Attend(workspace, block, p, streams[p]);
            text.FeedForward(workspace, block, p, streams[p], null);
        }
    }

    // Every variant goes on in as many ways as the layer has choices; after the last layer only their errors are left.
    Variant[] Branch(Workspace workspace, Block block, IReadOnlyList<int[]>? choices, Variant[] open, Tensor[]? last, CancellationToken cancellation)
    {
        var next = new List<Variant>();
        foreach (var variant in open)
        {
            for (var p = 0; p < variant.Streams.Length; p++) text.Attend(workspace, block, p, variant.Streams[p]);
            if (choices is null)
            {
                for (var p = 0; p < variant.Streams.Length; p++) text.FeedForward(workspace, block, p, variant.Streams[p], null);
                next.Add(variant);
                continue;
            }
            foreach (var choice in choices)
            {
                var kept = RouterSubset.Of(((MixtureFeedForward)block.FeedForward).Router, choice);
                var streams = new Tensor[last is null ? variant.Streams.Length : 0];
                double error = 0;
                for (var p = 0; p < variant.Streams.Length; p++)
                {
                    cancellation.ThrowIfCancellationRequested();
                    var stream = variant.Streams[p].Clone();
                    text.FeedForward(workspace, block, p, stream, kept);
                    if (last is null)
                    {
                        streams[p] = stream;
                        continue;
                    }
                    error += Error(stream, last[p], text.Passes[p].Counted.Span);
                    stream.Dispose();
                }
                next.Add(new Variant([.. variant.Kept, choice], streams) { Error = error });
            }
            foreach (var stream in variant.Streams) stream.Dispose();
        }
        return [.. next];
    }

    static double Error(Tensor a, Tensor b, ReadOnlySpan<bool> counted)
    {
        double sum = 0;
        for (var t = 0; t < a.Rows; t++)
        {
            if (!counted[t]) continue;
            ReadOnlySpan<float> x = a.Row(t), y = b.Row(t);
            for (var d = 0; d < x.Length; d++) sum += ((double)x[d] - y[d]) * ((double)x[d] - y[d]);
        }
        return sum;
    }

    sealed record Variant(int[][] Kept, Tensor[] Streams)
    {
        public double Error { get; init; }
    }
}

using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Calibration;

/// <summary>What the feed-forwards read on calibration text: per layer the same tokens, evenly spread over the data.</summary>
/// <param name="layers">Per layer [rows, D].</param>
public sealed class FeedForwardInputs(Tensor[] layers) : IDisposable
{
    /// <summary>Per layer [rows, D].</summary>
    public IReadOnlyList<Tensor> Layers { get; } = layers;

    /// <summary>Gathers them for all layers in one pass.</summary>
    /// <param name="model">All layers dense.</param>
    /// <param name="data">The text.</param>
    /// <param name="limit">Most rows per layer; with fewer tokens in the data, all of them.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8.</param>
    /// <param name="progress">Is told the number of tokens seen, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    public static FeedForwardInputs Gather(Model model, PackedDataset data, int limit, int rowsPerPass = 8,
        Action<long>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var total = data.Report.Tokens;
        var kept = (int)Math.Min(limit, total);
        var result = new FeedForwardInputs([.. model.Blocks.Select(_ => new Tensor(kept, model.Spec.Width))]);
        using var workspace = new Workspace();
        long seen = 0;
        foreach (var (_, input) in DensePass.Over(data, rowsPerPass))
        {
            cancellation.ThrowIfCancellationRequested();
            workspace.Begin(recording: false);
            DensePass.Run(workspace, model, input, (layer, x, _, counted) => Keep(result.Layers[layer], x, counted.Span, seen, total));
            seen += input.Counted.Span.Count(true);
            progress?.Invoke(seen);
        }
        return result;
    }

    // Token i of n goes to row ⌊i·kept/n⌋ when it is the first to do so.
    static void Keep(Tensor rows, Tensor x, ReadOnlySpan<bool> counted, long seen, long total)
    {
        for (var t = 0; t < x.Rows; t++)
        {
            if (!counted[t]) continue;
            var row = seen * rows.Rows / total;
            if (seen == 0 || (seen - 1) * rows.Rows / total != row) x.Row(t).CopyTo(rows.Row((int)row));
            seen++;
        }
    }

    /// <summary>Frees the rows.</summary>
    public void Dispose()
    {
        foreach (var layer in Layers) layer.Dispose();
    }
}

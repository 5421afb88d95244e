using Moesaic.Models;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Calibration;

/// <summary>What the feed-forwards read on calibration text: per layer the same tokens, evenly spread over the data.</summary>
public sealed class FeedForwardInputs : IDisposable
{
    readonly HiddenStates kept;
    readonly Tensor current;
    int layer = -1;

    FeedForwardInputs(HiddenStates kept, Tensor current) => (this.kept, this.current) = (kept, current);

    /// <summary>Tokens kept of each layer.</summary>
    public int Rows => current.Rows;

    /// <summary>[<see cref="Rows"/>, D] of a layer, valid until another is asked for.</summary>
    public Tensor Layer(int number)
    {
        if (number != layer) kept.Read(layer = number, 0, current);
        return current;
    }

    /// <summary>Gathers them for all layers in one pass.</summary>
    /// <param name="model">All layers dense.</param>
    /// <param name="data">The text.</param>
    /// <param name="limit">Most rows per layer; with fewer tokens in the data, all of them.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8.</param>
    public static FeedForwardInputs Gather(Model model, PackedDataset data, int limit, int rowsPerPass = 8) =>
        Gather(ModelLayers.Of(model), data, limit, null, rowsPerPass);

    /// <summary>Gathers them layer by layer.</summary>
    /// <param name="model">All layers dense.</param>
    /// <param name="data">The text.</param>
    /// <param name="limit">Most rows per layer; with fewer tokens in the data, all of them.</param>
    /// <param name="spill">A file for the rows of all layers; null: memory.</param>
    /// <param name="rowsPerPass">Blocks per pass. Default 8.</param>
    /// <param name="progress">Is told the number of layers done, or null.</param>
    /// <param name="cancellation">Stops between passes.</param>
    internal static FeedForwardInputs Gather(ModelLayers model, PackedDataset data, int limit, string? spill, int rowsPerPass = 8,
        Action<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        var total = data.Report.Tokens;
        var rows = new Tensor((int)Math.Min(limit, total), model.Spec.Width);
        var kept = new HiddenStates(spill);
        long seen = 0;
        LayerwisePass.Run(model, data, (_, _) =>
        {
            seen = 0;
            return (x, _, _, _, counted) =>
            {
                Keep(rows, x, counted, seen, total);
                seen += counted.Count(true);
            };
        }, (l, _) =>
        {
            kept.Write(l, 0, rows);
            progress?.Invoke(l + 1);
        }, rowsPerPass, cancellation);
        return new FeedForwardInputs(kept, rows);
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
        kept.Dispose();
        current.Dispose();
    }
}

using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Experts that nobody may choose in a pass get the logit −∞ (MoEC's dropout of experts, Xie et al. 2023).</summary>
static class DroppedExperts
{
    /// <summary>The logits with −∞ for what is dropped; no gradient goes there.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="dropped">E flags.</param>
    /// <param name="chosen">Experts that a token may come to need.</param>
    /// <exception cref="BadRequestException">Fewer are left than a token chooses.</exception>
    public static Tensor Mask(Workspace workspace, Tensor logits, ReadOnlyMemory<bool> dropped, int chosen)
    {
        if (dropped.Length != logits.Columns)
            throw new ArgumentException($"{dropped.Length} flags for {logits.Columns} experts", nameof(dropped));
        if (dropped.Span.Count(false) is var left && left < chosen)
            throw new BadRequestException($"Of {dropped.Length} experts {left} are left by dropping experts, and a token chooses {chosen}; drop fewer.");
        var y = workspace.Rent(logits.Rows, logits.Columns);
        for (var t = 0; t < y.Rows; t++)
            for (var e = 0; e < y.Columns; e++) y.Row(t)[e] = dropped.Span[e] ? float.NegativeInfinity : logits.Row(t)[e];
        if (workspace.Recording && logits.NeedsGradient) Record(workspace, logits, dropped, y);
        return y;
    }

    static void Record(Workspace workspace, Tensor logits, ReadOnlyMemory<bool> dropped, Tensor y) => workspace.Record(y, () =>
    {
        var dLogits = workspace.AddedGradient(logits)!;
        for (var t = 0; t < y.Rows; t++)
            for (var e = 0; e < y.Columns; e++)
                if (!dropped.Span[e]) dLogits.Row(t)[e] += y.Gradient!.Row(t)[e];
    });
}

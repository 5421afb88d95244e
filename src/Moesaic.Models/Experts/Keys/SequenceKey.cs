using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary><see cref="RouterKey.Sequence"/>: the mean over the token's sequence. A row that belongs to none keeps its own state.</summary>
sealed class SequenceKey : IRouterKey
{
    public Tensor Of(Workspace workspace, Tensor x, PassInput input)
    {
        var y = workspace.Rent(x.Rows, x.Columns);
        x.Span.CopyTo(y.Span);
        foreach (var segment in input.Segments.Span) Average(y, segment);
        if (workspace.Recording && x.NeedsGradient) Record(workspace, x, y, input.Segments);
        return y;
    }

    // The gradient of a mean given to all is the mean of what all give back.
    static void Record(Workspace workspace, Tensor x, Tensor y, ReadOnlyMemory<AttentionSegment> segments) => workspace.Record(y, () =>
    {
        var dy = y.Gradient!;
        foreach (var segment in segments.Span) Average(dy, segment);
        Elementwise.Add(workspace.AddedGradient(x)!.Span, dy.Span);
    });

    static void Average(Tensor rows, AttentionSegment segment)
    {
        var first = rows.Row(segment.QueryStart);
        for (var t = 1; t < segment.QueryCount; t++) Elementwise.Add(first, rows.Row(segment.QueryStart + t));
        Elementwise.Scale(first, 1f / segment.QueryCount);
        for (var t = 1; t < segment.QueryCount; t++) first.CopyTo(rows.Row(segment.QueryStart + t));
    }
}

using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// <see cref="RouterKey.Prefix"/>: the mean from the beginning of the token's sequence to the token. A row that belongs to no sequence
/// keeps its own state. A sequence must begin in the pass: the mean of what a cache holds is not kept.
/// </summary>
sealed class PrefixKey : IRouterKey
{
    public Tensor Of(Workspace workspace, Tensor x, PassInput input)
    {
        var y = workspace.Rent(x.Rows, x.Columns);
        x.Span.CopyTo(y.Span);
        foreach (var segment in input.Segments.Span)
        {
            if (segment.KeyCount != segment.QueryCount)
                throw new ArgumentException($"{segment}: the mean of a sequence so far needs all of it in one pass", nameof(input));
            for (var t = 1; t < segment.QueryCount; t++)
                Elementwise.Add(y.Row(segment.QueryStart + t), y.Row(segment.QueryStart + t - 1));
            for (var t = 1; t < segment.QueryCount; t++) Elementwise.Scale(y.Row(segment.QueryStart + t), 1f / (t + 1));
        }
        if (workspace.Recording && x.NeedsGradient) Record(workspace, x, y, input.Segments);
        return y;
    }

    // dxₛ = Σ over t ≥ s of dyₜ/(t + 1).
    static void Record(Workspace workspace, Tensor x, Tensor y, ReadOnlyMemory<AttentionSegment> segments) => workspace.Record(y, () =>
    {
        var dy = y.Gradient!;
        foreach (var segment in segments.Span)
        {
            for (var t = 1; t < segment.QueryCount; t++) Elementwise.Scale(dy.Row(segment.QueryStart + t), 1f / (t + 1));
            for (var t = segment.QueryCount - 2; t >= 0; t--) Elementwise.Add(dy.Row(segment.QueryStart + t), dy.Row(segment.QueryStart + t + 1));
        }
        Elementwise.Add(workspace.AddedGradient(x)!.Span, dy.Span);
    });
}

using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>From a batch of text to the input of passes through a model.</summary>
public static class PassInputs
{
    /// <summary>The input of some rows of a batch. Padding belongs to no segment and does not count.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="firstRow">First row.</param>
    /// <param name="rows">Number of rows.</param>
    public static PassInput Of(Batch batch, int firstRow, int rows)
    {
        int start = firstRow * batch.Length, count = rows * batch.Length;
        var counted = new bool[count];
        // A row of padding goes through routers too, and must have some task there.
        var tasks = batch.Segments.Any(s => s.Task >= 0) ? new int[count] : [];
        var segments = new List<AttentionSegment>();
        foreach (var segment in batch.Segments)
        {
            if (segment.IsPadding || segment.Start < start || segment.Start >= start + count) continue;
            segments.Add(new AttentionSegment(segment.Start - start, segment.Length, segment.Start - start, segment.Length));
            counted.AsSpan(segment.Start - start, segment.Length).Fill(true);
            if (tasks.Length > 0) tasks.AsSpan(segment.Start - start, segment.Length).Fill(segment.Task);
        }
        return new PassInput
        {
            Tokens = batch.Tokens.AsMemory(start, count),
            Positions = batch.Positions.AsMemory(start, count),
            Segments = segments.ToArray(),
            Counted = counted,
            Tasks = tasks,
        };
    }
}

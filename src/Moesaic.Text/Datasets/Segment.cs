namespace Moesaic.Text.Datasets;

/// <summary>A run of positions that see each other (causally) and nothing else.</summary>
/// <param name="Start">First position, row-major over the batch.</param>
/// <param name="Length">Number of positions; a segment never leaves its row.</param>
/// <param name="IsPadding">True when the positions only fill up the row: no target, nothing to learn or to count.</param>
/// <param name="Task">See <see cref="TokenizedSample.Task"/>; −1 for padding.</param>
public readonly record struct Segment(int Start, int Length, bool IsPadding = false, int Task = -1);

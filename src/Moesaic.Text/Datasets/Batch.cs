namespace Moesaic.Text.Datasets;

/// <summary>What one training or evaluation step reads: rows of equal length, all arrays row-major.</summary>
/// <param name="Rows">Number of rows.</param>
/// <param name="Length">Positions in a row.</param>
/// <param name="Tokens">[Rows x Length] ids read.</param>
/// <param name="Targets">[Rows x Length] the id that follows in the same sample, or <see cref="Ignored"/>.</param>
/// <param name="Positions">[Rows x Length] the position within the segment, from 0.</param>
/// <param name="Segments">
/// In ascending order; together they cover every position exactly once. What is left of a row is a padding segment.
/// </param>
public sealed record Batch(int Rows, int Length, int[] Tokens, int[] Targets, int[] Positions, Segment[] Segments)
{
    /// <summary>The target of a position whose prediction does not count.</summary>
    public const int Ignored = -1;

    /// <summary>For every segment the sample it came of, as an index into the samples that were packed; −1 for padding.</summary>
    public int[] Sources { get; init; } = [];

    /// <summary>Number of positions whose prediction counts: the divisor of a mean loss.</summary>
    public int TargetCount => Targets.AsSpan().Length - Targets.AsSpan().Count(Ignored);

    /// <summary>The rows of several batches of one length in one. <see cref="Sources"/> stay what they were in each.</summary>
    public static Batch Join(IReadOnlyList<Batch> parts)
    {
        var (length, start, segments) = (parts[0].Length, 0, new List<Segment>());
        foreach (var part in parts)
        {
            if (part.Length != length) throw new ArgumentException($"Rows of {length} and of {part.Length} do not make a batch.", nameof(parts));
            segments.AddRange(part.Segments.Select(s => s with { Start = s.Start + start }));
            start += part.Tokens.Length;
        }
        return new Batch(parts.Sum(p => p.Rows), length, [.. parts.SelectMany(p => p.Tokens)], [.. parts.SelectMany(p => p.Targets)],
            [.. parts.SelectMany(p => p.Positions)], [.. segments])
        {
            Sources = [.. parts.SelectMany(p => p.Sources)],
        };
    }
}

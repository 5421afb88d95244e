using Moesaic.Formats;

namespace Moesaic.Text.Datasets;

/// <summary>
/// Samples packed into blocks of one length. Whole samples are placed by best fit, the longest first, as in "Fewer
/// Truncations Improve Language Modeling" (Ding et al. 2024): only samples longer than a block are cut.
/// </summary>
/// <remarks>
/// A sample of n tokens fills n - 1 positions: the last token is a target only. A piece of a cut sample likewise predicts
/// the first token of the next piece, so cutting loses context but no target. The packing depends on the samples, their
/// order and the length alone.
/// </remarks>
public sealed class PackedDataset
{
    readonly record struct Piece(TokenizedSample Sample, int Start, int Length);

    readonly Piece[][] blocks;

    PackedDataset(int length, Piece[][] blocks, PackingReport report)
    {
        Length = length;
        this.blocks = blocks;
        Report = report;
    }

    /// <summary>Positions in a block.</summary>
    public int Length { get; }

    /// <summary>Number of blocks.</summary>
    public int Blocks => blocks.Length;

    /// <summary>What became of the samples.</summary>
    public PackingReport Report { get; }

    /// <summary>Packs all samples, which stay in memory.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="length">Positions in a block, at least 1.</param>
    /// <exception cref="BadModelException">No sample holds a token to learn.</exception>
    public static PackedDataset Pack(IEnumerable<TokenizedSample> samples, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        var pieces = new List<Piece>();
        int count = 0, cut = 0, leftOut = 0;
        long tokens = 0, targets = 0;
        foreach (var sample in samples)
        {
            if (sample.LossMask is { } mask && mask.Length != sample.Tokens.Length)
                throw new ArgumentException("A sample's mask must be as long as its tokens.", nameof(samples));
            count++;
            var positions = sample.Tokens.Length - 1;
            if (positions > length) cut++;
            if (positions <= 0) leftOut++;
            for (var start = 0; start < positions; start += length)
            {
                var piece = new Piece(sample, start, Math.Min(length, positions - start));
                var counted = CountTargets(piece);
                if (counted == 0) leftOut++;
                else
                {
                    pieces.Add(piece);
                    tokens += piece.Length;
                    targets += counted;
                }
            }
        }
        if (pieces.Count == 0)
            throw new BadModelException($"The dataset holds nothing to learn: none of its {count} samples has a token that is predicted and counts.");

        var blocks = BestFit.Place(pieces.ConvertAll(piece => piece.Length), length)
            .Select(block => block.Select(index => pieces[index]).ToArray()).ToArray();
        var report = new PackingReport(count, blocks.Length, tokens, targets,
            (long)blocks.Length * length - tokens, cut, pieces.Count, leftOut);
        return new PackedDataset(length, blocks, report);
    }

    /// <summary>Builds a batch of the given blocks, one a row. A negative index gives a row of padding.</summary>
    /// <param name="rows">Indices of blocks.</param>
    /// <param name="padId">The id put where there is no token.</param>
    public Batch Batch(ReadOnlySpan<int> rows, int padId)
    {
        var size = checked(rows.Length * Length);
        int[] tokens = new int[size], targets = new int[size], positions = new int[size];
        Array.Fill(tokens, padId);
        Array.Fill(targets, Datasets.Batch.Ignored);
        var segments = new List<Segment>();
        for (var row = 0; row < rows.Length; row++)
        {
            int at = row * Length, end = at + Length;
            foreach (var piece in rows[row] < 0 ? [] : blocks[rows[row]])
            {
                Fill(piece, tokens.AsSpan(at), targets.AsSpan(at));
                Close(piece.Length, false);
            }
            if (at < end) Close(end - at, true);

            void Close(int length, bool padding)
            {
                segments.Add(new Segment(at, length, padding));
                for (var i = 0; i < length; i++) positions[at + i] = i;
                at += length;
            }
        }
        return new Batch(rows.Length, Length, tokens, targets, positions, [.. segments]);
    }

    static void Fill(Piece piece, Span<int> tokens, Span<int> targets)
    {
        var (sample, start, length) = piece;
        sample.Tokens.AsSpan(start, length).CopyTo(tokens);
        for (var i = 0; i < length; i++)
            if (Counts(sample, start + i + 1)) targets[i] = sample.Tokens[start + i + 1];
    }

    static int CountTargets(Piece piece)
    {
        if (piece.Sample.LossMask is null) return piece.Length;
        var count = 0;
        for (var i = 1; i <= piece.Length; i++)
            if (Counts(piece.Sample, piece.Start + i)) count++;
        return count;
    }

    static bool Counts(TokenizedSample sample, int token) => sample.LossMask is not { } mask || mask[token];
}

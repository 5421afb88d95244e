using Moesaic.Formats;

namespace Moesaic.Text.Datasets;

/// <summary>
/// Samples packed into blocks of one length; by default whole samples are placed by best fit, the longest first, as in "Fewer
/// Truncations Improve Language Modeling" (Ding et al. 2024): only samples longer than a block are cut.
/// </summary>
/// <remarks>
/// A sample of n tokens fills n - 1 positions: the last token is a target only. A piece of a cut sample likewise predicts
/// the first token of the next piece, so cutting loses context but no target. The packing depends on the samples, their
/// order, the length and the options alone.
/// </remarks>
public sealed class PackedDataset
{
    readonly record struct Piece(TokenizedSample Sample, int Source, int Start, int Length);

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
    /// <param name="options">How; null: the defaults.</param>
    /// <exception cref="BadModelException">No sample holds a token to learn.</exception>
    public static PackedDataset Pack(IEnumerable<TokenizedSample> samples, int length, PackingOptions? options = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        options ??= new PackingOptions();
        var items = new List<Piece[]>();
        int count = 0, cut = 0, leftOut = 0, dropped = 0;
        foreach (var group in samples.Chunk(options.Together))
        {
            if (group.Any(s => s.LossMask is { } mask && mask.Length != s.Tokens.Length))
                throw new ArgumentException("A sample's mask must be as long as its tokens.", nameof(samples));
            if (group.Length < options.Together)
                throw new ArgumentException($"{options.Together} samples belong together, the last are only {group.Length}.", nameof(samples));
            var first = count;
            count += group.Length;
            if (options.Together > 1)
            {
                Piece[] whole = [.. group.Select((s, i) => new Piece(s, first + i, 0, Math.Max(0, s.Tokens.Length - 1)))];
                if (whole.Sum(p => (long)p.Length) > length) dropped += group.Length;
                else if (whole.Any(p => CountTargets(p) == 0)) leftOut += group.Length;
                else items.Add(whole);
                continue;
            }
            var positions = group[0].Tokens.Length - 1;
            if (positions <= 0) leftOut++;
            if (positions > length)
            {
                if (options.LongSamples == LongSamples.Drop)
                {
                    dropped++;
                    continue;
                }
                cut++;
            }
            for (var start = 0; start < positions; start += length)
            {
                var piece = new Piece(group[0], first, start, Math.Min(length, positions - start));
                if (CountTargets(piece) == 0) leftOut++;
                else items.Add([piece]);
            }
        }
        if (items.Count == 0)
            throw new BadModelException($"The dataset holds nothing to learn: none of its {count} samples has a token that is predicted and counts"
                + (dropped == 0 ? "." : $", apart from {dropped} that do not fit a block of {length} tokens."));

        var blocks = Place(items.ConvertAll(item => item.Sum(p => p.Length)), length, options.Method)
            .Select(block => block.SelectMany(index => items[index]).ToArray()).ToArray();
        var tokens = items.Sum(item => item.Sum(p => (long)p.Length));
        var report = new PackingReport(count, blocks.Length, tokens, items.Sum(item => item.Sum(p => (long)CountTargets(p))),
            (long)blocks.Length * length - tokens, cut, items.Sum(item => item.Length), leftOut, dropped);
        return new PackedDataset(length, blocks, report);
    }

    static List<List<int>> Place(List<int> lengths, int capacity, PackingMethod method) => method switch
    {
        PackingMethod.BestFit => BestFit.Place(lengths, capacity),
        PackingMethod.NextFit => NextFit(lengths, capacity),
        _ => [.. lengths.Select((_, index) => new List<int> { index })],
    };

    static List<List<int>> NextFit(List<int> lengths, int capacity)
    {
        var blocks = new List<List<int>>();
        var room = 0;
        for (var item = 0; item < lengths.Count; item++)
        {
            if (lengths[item] > room)
            {
                blocks.Add([]);
                room = capacity;
            }
            blocks[^1].Add(item);
            room -= lengths[item];
        }
        return blocks;
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
        var sources = new List<int>();
        for (var row = 0; row < rows.Length; row++)
        {
            int at = row * Length, end = at + Length;
            foreach (var piece in rows[row] < 0 ? [] : blocks[rows[row]])
            {
                Fill(piece, tokens.AsSpan(at), targets.AsSpan(at));
                Close(piece.Length, piece.Source, piece.Sample.Task);
            }
            if (at < end) Close(end - at, source: -1, task: -1);

            void Close(int length, int source, int task)
            {
                segments.Add(new Segment(at, length, IsPadding: source < 0, task));
                sources.Add(source);
                for (var i = 0; i < length; i++) positions[at + i] = i;
                at += length;
            }
        }
        return new Batch(rows.Length, Length, tokens, targets, positions, [.. segments]) { Sources = [.. sources] };
    }

    static void Fill(Piece piece, Span<int> tokens, Span<int> targets)
    {
        var (sample, _, start, length) = piece;
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

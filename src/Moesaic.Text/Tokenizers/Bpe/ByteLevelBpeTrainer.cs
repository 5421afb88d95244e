using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Text.Tokenizers;

namespace Moesaic.Text;

/// <summary>What a byte-level BPE vocabulary is to be.</summary>
public sealed record ByteLevelBpeOptions
{
    /// <summary>Llama-3's words: contractions, letters with one leading sign, up to three digits, signs, white space.</summary>
    public const string Llama3Pattern =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>Tokens in all: 256 bytes, the merges, the special tokens.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Special tokens, in the order of their ids, which are the last of the vocabulary.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>The special token that opens a text and is added before every encoded one; null for none.</summary>
    public string? Bos { get; init; }

    /// <summary>The special token that ends a text; null for none. Encoding does not add it.</summary>
    public string? Eos { get; init; }

    /// <summary>The special token that fills a batch; null for none.</summary>
    public string? Pad { get; init; }

    /// <summary>The regular expression whose matches are the words; merges never cross them.</summary>
    public string Pattern { get; init; } = Llama3Pattern;
}

/// <summary>How far training is.</summary>
/// <param name="Stage">What is being done.</param>
/// <param name="Done">Texts counted (their number is not known before) or merges learned.</param>
/// <param name="Total">Merges to learn; 0 while counting.</param>
public readonly record struct BpeTrainingProgress(string Stage, int Done, int Total);

/// <summary>
/// Learns a byte-level BPE: beginning with the 256 bytes, the most frequent neighbouring pair within the words becomes a
/// token, again and again. Among equally frequent pairs the one with the lower left id, then the lower right id wins, so
/// the result depends on the words' counts alone: neither on the order of the texts nor on the machine.
/// Sennrich, Haddow and Birch 2016; Radford et al., "Language Models are Unsupervised Multitask Learners", 2019.
/// </summary>
public static class ByteLevelBpeTrainer
{
    /// <summary>Learns the merges.</summary>
    /// <param name="texts">The corpus; read once, never held whole.</param>
    /// <param name="options">Size, special tokens, words.</param>
    /// <param name="progress">Told now and then.</param>
    /// <param name="cancellation">Stops between texts and merges.</param>
    /// <exception cref="BadRequestException">The options contradict each other, or the corpus is too small for the size.</exception>
    public static ByteLevelBpe Train(
        IEnumerable<string> texts, ByteLevelBpeOptions options, IProgress<BpeTrainingProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        Check(options);
        var wanted = options.VocabularySize - 256 - options.SpecialTokens.Count;
        var corpus = new PairCorpus(Count(texts, options, progress, cancellation));
        var tokens = new ByteTokens();
        var merges = new List<(int Left, int Right)>(wanted);
        while (tokens.Count - 256 < wanted)
        {
            cancellation.ThrowIfCancellationRequested();
            if (corpus.MergeMostFrequent(tokens.Join) is not { } pair)
                throw new BadRequestException(
                    $"The corpus has no pair left after {merges.Count} merges: it yields at most " +
                    $"{tokens.Count + options.SpecialTokens.Count} tokens, not {options.VocabularySize}. " +
                    "Give more text or ask for a smaller vocabulary.");
            merges.Add(pair);
            if (merges.Count % 100 == 0) progress?.Report(new("merges", tokens.Count - 256, wanted));
        }
        progress?.Report(new("merges", wanted, wanted));
        if (options.SpecialTokens.FirstOrDefault(tokens.Contains) is { } learned)
            throw new BadRequestException($"'{learned}' can not be a special token: the corpus made it an ordinary one.");
        return new ByteLevelBpe(tokens, merges, options);
    }

    static Dictionary<string, long> Count(
        IEnumerable<string> texts, ByteLevelBpeOptions options, IProgress<BpeTrainingProgress>? progress,
        CancellationToken cancellation)
    {
        var pattern = new Pattern(options.Pattern, "the training options");
        var counts = new Dictionary<string, long>(StringComparer.Ordinal);
        var lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        var read = 0;
        var words = new List<Piece>();
        foreach (var text in texts)
        {
            cancellation.ThrowIfCancellationRequested();
            if (text.Length > 0)
            {
                var whole = Piece.Whole(CodePoints.Sanitize(text), first: true);
                Splitter.Split(whole, pattern.Matches(whole.Text), SplitBehavior.Isolated, false, words);
            }
            foreach (var word in words) CollectionsMarshal.GetValueRefOrAddDefault(lookup, word.Text, out _)++;
            words.Clear();
            if (++read % 1000 == 0) progress?.Report(new("texts", read, 0));
        }
        progress?.Report(new("texts", read, 0));
        return counts;
    }

    static void Check(ByteLevelBpeOptions options)
    {
        if (options.VocabularySize < 256 + options.SpecialTokens.Count || options.VocabularySize > Vocabulary.HighestId)
            throw new BadRequestException(
                $"A byte-level vocabulary holds 256 bytes and its {options.SpecialTokens.Count} special tokens at least and " +
                $"{Vocabulary.HighestId} tokens at most; {options.VocabularySize} was asked for.");
        if (options.SpecialTokens.FirstOrDefault(string.IsNullOrEmpty) is not null || options.SpecialTokens.Contains(""))
            throw new BadRequestException("A special token needs a name.");
        if (options.SpecialTokens.GroupBy(t => t, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new BadRequestException($"The special token '{twice.Key}' is given twice.");
        foreach (var (role, name) in new[] { ("BOS", options.Bos), ("EOS", options.Eos), ("padding", options.Pad) })
            if (name is not null && !options.SpecialTokens.Contains(name, StringComparer.Ordinal))
                throw new BadRequestException($"The {role} token '{name}' is not among the special tokens.");
    }
}

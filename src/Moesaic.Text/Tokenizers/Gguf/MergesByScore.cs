namespace Moesaic.Text.Tokenizers;

/// <summary>
/// The merges that SentencePiece's BPE makes: two pieces whose join is a piece merge, the join's score is the order.
/// </summary>
static class MergesByScore
{
    /// <summary>All merges, first the highest score; within a joined piece in the order of its halves' ids.</summary>
    public static IEnumerable<string> Of(GgufVocabulary vocabulary)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var id = 0; id < vocabulary.Tokens.Length; id++)
            if (vocabulary.Kinds[id] == PieceKind.Normal) ids.TryAdd(vocabulary.Tokens[id], id);
        foreach (var id in ids.Values.OrderByDescending(id => vocabulary.Scores[id]).ThenBy(id => id))
        {
            var piece = vocabulary.Tokens[id];
            var halves = new List<(int Left, int Right)>();
            for (var cut = 1; cut < piece.Length; cut++)
                if (!char.IsLowSurrogate(piece[cut])
                    && ids.TryGetValue(piece[..cut], out var left) && ids.TryGetValue(piece[cut..], out var right))
                    halves.Add((left, right));
            halves.Sort();
            foreach (var (left, right) in halves) yield return $"{vocabulary.Tokens[left]} {vocabulary.Tokens[right]}";
        }
    }
}

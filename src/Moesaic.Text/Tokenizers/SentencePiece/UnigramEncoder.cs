namespace Moesaic.Text.Tokenizers;

/// <summary>
/// The most probable sequence of pieces. Kudo, "Subword Regularization: Improving Neural Network Translation Models with
/// Multiple Subword Candidates", 2018. Arithmetic follows the library to the bit, since near ties are common.
/// </summary>
sealed class UnigramEncoder : ISentencePieceEncoder
{
    const float UnknownPenalty = 10;

    readonly SentencePieceVocabulary vocabulary;
    readonly float unknownScore;
    readonly float highestScore = 1.17549435E-38f;   // the library begins its maximum at the least positive float

    public UnigramEncoder(SentencePieceVocabulary vocabulary)
    {
        this.vocabulary = vocabulary;
        var lowest = float.MaxValue;
        foreach (var piece in vocabulary.Pieces)
        {
            if (piece.Kind != PieceKind.Normal) continue;
            lowest = Math.Min(lowest, piece.Score);
            highestScore = Math.Max(highestScore, piece.Score);
        }
        unknownScore = lowest - UnknownPenalty;
    }

    public void Encode(ReadOnlySpan<byte> text, List<(int Id, int Start, int Length)> pieces)
    {
        var best = new (int Id, float Score, int Start)[text.Length + 1];
        Array.Fill(best, (-1, 0f, -1));
        for (var start = 0; start < text.Length;)
        {
            var before = best[start].Score;
            var character = Utf8Length.Of(text[start..]);
            var single = false;
            var node = ByteTrie.Root;
            for (var end = start; end < text.Length && (node = vocabulary.Trie.Step(node, text[end])) >= 0;)
            {
                end++;
                var id = vocabulary.Trie.ValueAt(node);
                if (id < 0 || vocabulary.Pieces[id].Kind == PieceKind.Unused) continue;
                var score = vocabulary.Pieces[id].Kind == PieceKind.UserDefined
                    ? (end - start) * highestScore - 0.1
                    : vocabulary.Pieces[id].Score;
                var candidate = score + before;
                if (best[end].Start < 0 || candidate > best[end].Score) best[end] = (id, (float)candidate, start);
                single |= end - start == character;
            }
            if (!single)
            {
                var candidate = unknownScore + before;
                ref var target = ref best[start + character];
                if (target.Start < 0 || candidate > target.Score) target = (vocabulary.UnknownId, candidate, start);
            }
            start += character;
        }

        var first = pieces.Count;
        for (var end = text.Length; end > 0; end = best[end].Start)
            pieces.Add((best[end].Id, best[end].Start, end - best[end].Start));
        pieces.Reverse(first, pieces.Count - first);
    }
}

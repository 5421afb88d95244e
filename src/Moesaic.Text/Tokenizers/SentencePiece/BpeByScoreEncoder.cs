namespace Moesaic.Text.Tokenizers;

/// <summary>SentencePiece's BPE: neighbours whose join is a piece merge, highest score first, then leftmost.</summary>
sealed class BpeByScoreEncoder(SentencePieceVocabulary vocabulary) : ISentencePieceEncoder
{
    public void Encode(ReadOnlySpan<byte> text, List<(int Id, int Start, int Length)> pieces)
    {
        var queue = new PriorityQueue<(int Left, int Right, int Length), (float, int)>(ByScoreThenPosition.Instance);
        for (var at = 0; at < text.Length;)
        {
            var length = vocabulary.MarksLead ? Marks.PartOf(text[at..]) : text.Length;
            var first = pieces.Count;
            EncodePart(text.Slice(at, length), pieces, queue);
            for (var i = first; i < pieces.Count; i++) pieces[i] = pieces[i] with { Start = pieces[i].Start + at };
            at += length;
        }
    }

    void EncodePart(ReadOnlySpan<byte> text, List<(int Id, int Start, int Length)> pieces,
        PriorityQueue<(int Left, int Right, int Length), (float, int)> queue)
    {
        var symbols = Characters(text);
        var unusedHalves = new Dictionary<int, int>();   // an unused piece that was merged -> the length of its left half
        for (var i = 1; i < symbols.Length; i++) Offer(text, symbols, i - 1, i, queue, unusedHalves);

        while (queue.TryDequeue(out var pair, out _))
        {
            ref var left = ref symbols[pair.Left];
            ref var right = ref symbols[pair.Right];
            if (left.Length == 0 || right.Length == 0 || left.Length + right.Length != pair.Length) continue;
            left.Length = pair.Length;
            left.Next = right.Next;
            if (right.Next >= 0) symbols[right.Next].Previous = pair.Left;
            right.Length = 0;
            Offer(text, symbols, left.Previous, pair.Left, queue, unusedHalves);
            Offer(text, symbols, pair.Left, left.Next, queue, unusedHalves);
        }

        for (var i = symbols.Length > 0 ? 0 : -1; i >= 0; i = symbols[i].Next)
            Emit(text, symbols[i].Start, symbols[i].Length, unusedHalves, pieces);
    }

    Symbol[] Characters(ReadOnlySpan<byte> text)
    {
        var symbols = new List<Symbol>(text.Length);
        for (var at = 0; at < text.Length;)
        {
            var length = vocabulary.UserDefined.LongestPrefix(text[at..]);
            var frozen = length > 0;
            if (!frozen) length = Utf8Length.Of(text[at..]);
            symbols.Add(new Symbol
            {
                Start = at,
                Length = length,
                Frozen = frozen,
                Previous = symbols.Count - 1,
                Next = symbols.Count + 1,
            });
            at += length;
        }
        var result = symbols.ToArray();
        if (result.Length > 0) result[^1].Next = -1;
        return result;
    }

    void Offer(
        ReadOnlySpan<byte> text, Symbol[] symbols, int left, int right,
        PriorityQueue<(int, int, int), (float, int)> queue, Dictionary<int, int> unusedHalves)
    {
        if (left < 0 || right < 0 || symbols[left].Frozen || symbols[right].Frozen) return;
        var length = symbols[left].Length + symbols[right].Length;
        var id = vocabulary.Trie.Find(text.Slice(symbols[left].Start, length));
        if (id < 0) return;
        queue.Enqueue((left, right, length), (vocabulary.Pieces[id].Score, left));
        if (vocabulary.Pieces[id].Kind == PieceKind.Unused) unusedHalves[id] = symbols[left].Length;
    }

    /// <summary>A piece that may lead to others but not stand itself falls back into the halves it was made of.</summary>
    void Emit(
        ReadOnlySpan<byte> text, int start, int length, Dictionary<int, int> unusedHalves,
        List<(int Id, int Start, int Length)> pieces)
    {
        var id = vocabulary.IdOf(text.Slice(start, length));
        if (id >= 0 && vocabulary.Pieces[id].Kind == PieceKind.Unused && unusedHalves.TryGetValue(id, out var half))
        {
            Emit(text, start, half, unusedHalves, pieces);
            Emit(text, start + half, length - half, unusedHalves, pieces);
        }
        else
        {
            pieces.Add((id, start, length));
        }
    }

    struct Symbol
    {
        public int Start;
        public int Length;
        public int Previous;
        public int Next;
        public bool Frozen;
    }

    sealed class ByScoreThenPosition : IComparer<(float Score, int Left)>
    {
        public static readonly ByScoreThenPosition Instance = new();

        public int Compare((float Score, int Left) a, (float Score, int Left) b)
        {
            var byScore = b.Score.CompareTo(a.Score);
            return byScore != 0 ? byScore : a.Left.CompareTo(b.Left);
        }
    }
}

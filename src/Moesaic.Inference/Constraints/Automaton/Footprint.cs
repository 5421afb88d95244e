namespace Moesaic.Inference;

/// <summary>
/// What the vocabulary is to one state of a terminal, whatever comes behind it (the part of a mask that does not depend on
/// context; Dong et al. 2024, "XGrammar", section 3.1): tokens that stay within the terminal, and where tokens may leave it.
/// </summary>
sealed class Footprint
{
    readonly int[] few;
    readonly uint[]? many;

    Footprint(int[] few, uint[]? many, int[] exits) => (this.few, this.many, Exits) = (few, many, exits);

    /// <summary>Nodes of the tree of tokens, with tokens below them, at which the terminal is complete.</summary>
    public int[] Exits { get; }

    public int Bytes => ((few.Length + Exits.Length + (many?.Length ?? 0)) * 4) + 64;

    public static Footprint Of(Terminal terminal, int state, TokenTable table)
    {
        var trie = table.Tokens;
        var states = new int[trie.LongestToken + 1];
        var (mask, count, exits) = (new uint[TokenMask.Words(table.VocabularySize)], 0, new List<int>());
        states[0] = state;
        for (var node = 1; node < trie.Nodes;)
        {
            var depth = trie.Depth(node);
            var next = terminal.Next(states[depth - 1], trie.Label(node));
            var behind = trie.End(node);
            if (next == Terminal.Dead)
            {
                node = behind;
                continue;
            }
            states[depth] = next;
            foreach (var token in trie.Tokens(node))
            {
                TokenMask.Add(mask, token);
                count++;
            }
            if (behind == ++node) continue;
            if (terminal.Accepts(next)) exits.Add(node - 1);
            if (!terminal.GoesOn(next)) node = behind;
        }
        return count * 32 < table.VocabularySize ? new Footprint(TokenMask.Ids(mask), null, [.. exits]) : new Footprint([], mask, [.. exits]);
    }

    public void AddTo(Span<uint> allowed)
    {
        foreach (var token in few) TokenMask.Add(allowed, token);
        if (many is null) return;
        for (var word = 0; word < many.Length; word++) allowed[word] |= many[word];
    }
}

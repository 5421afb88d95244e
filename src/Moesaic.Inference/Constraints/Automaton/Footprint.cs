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
        var (inside, exits) = (new List<int>(), new List<int>());
        states[0] = state;
        for (var node = 1; node < trie.Nodes;)
        {
            var depth = trie.Depth(node);
            var next = terminal.Next(states[depth - 1], trie.Label(node));
            if (next == Terminal.Dead)
            {
                node = trie.End(node);
                continue;
            }
            states[depth] = next;
            inside.AddRange(trie.Tokens(node));
            if (trie.HasChildren(node) && terminal.Accepts(next)) exits.Add(node);
            node = terminal.GoesOn(next) ? node + 1 : trie.End(node);
        }
        if (inside.Count * 32 < table.VocabularySize) return new Footprint([.. inside], null, [.. exits]);
        var mask = new uint[TokenMask.Words(table.VocabularySize)];
        foreach (var token in inside) TokenMask.Add(mask, token);
        return new Footprint([], mask, [.. exits]);
    }

    public void AddTo(Span<uint> allowed)
    {
        foreach (var token in few) TokenMask.Add(allowed, token);
        if (many is null) return;
        for (var word = 0; word < many.Length; word++) allowed[word] |= many[word];
    }
}

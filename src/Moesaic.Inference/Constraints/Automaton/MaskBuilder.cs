namespace Moesaic.Inference;

/// <summary>From the ways to read a text to the tokens that go on one of them. Its buffers belong to one text.</summary>
/// <param name="grammar">The grammar, with what it remembers of the vocabulary.</param>
sealed class MaskBuilder(CompiledGrammar grammar)
{
    readonly TokenTable table = grammar.Table;
    readonly ReadingSet behind = new();
    ReadingSet[] levels = [];

    public void Build(ReadingSet readings, Span<uint> allowed)
    {
        allowed.Clear();
        foreach (var reading in readings.Readings) Add(reading, allowed);
    }

    void Add(in Reading reading, Span<uint> allowed)
    {
        switch (reading.Terminal)
        {
            case TokenTerminal token:
                TokenMask.Add(allowed, token.Token);
                break;
            case LiteralTerminal literal:
                AddLiteral(literal, reading, allowed);
                break;
            case JsonStringTerminal text when JsonStringTerminal.IsBody(reading.State):
                AddBody(text, reading, allowed);
                break;
            default:
                var footprint = grammar.Footprint(reading.Terminal, reading.State);
                footprint.AddTo(allowed);
                if (footprint.Exits.Length == 0) break;
                Leave(reading.Behind);
                foreach (var exit in footprint.Exits) Walk(table.Tokens, exit, null, 0, 0, allowed);
                break;
        }
    }

    // Few tokens begin like it: going down to them beats trying all.
    void AddLiteral(LiteralTerminal literal, in Reading reading, Span<uint> allowed)
    {
        var node = 0;
        foreach (var value in literal.Bytes[reading.State..])
        {
            node = table.Tokens.Child(node, value);
            if (node < 0) return;
            foreach (var token in table.Tokens.Tokens(node)) TokenMask.Add(allowed, token);
        }
        if (!table.Tokens.HasChildren(node)) return;
        Leave(reading.Behind);
        Walk(table.Tokens, node, null, 0, 0, allowed);
    }

    // Most of the vocabulary goes on inside a string; only how many characters a token has decides.
    void AddBody(JsonStringTerminal text, in Reading reading, Span<uint> allowed)
    {
        int need = text.Need(reading.State), room = text.Room(reading.State);
        table.AddInside(room, allowed);
        var trie = table.BehindStrings;
        foreach (var token in trie.Tokens(0))
            if (table.Closes(token, need, room)) TokenMask.Add(allowed, token);
        Leave(reading.Behind);
        Walk(trie, 0, text, need, room, allowed);
    }

    void Leave(Frame frame)
    {
        behind.Clear();
        behind.Return(frame);
    }

    /// <summary>Adds the tokens below a node that go on with what comes behind; out of a string only those of fitting length.</summary>
    void Walk(TokenTrie trie, int from, JsonStringTerminal? text, int need, int room, Span<uint> allowed)
    {
        if (behind.Readings.IsEmpty) return;
        var top = trie.Depth(from);
        for (var node = from + 1; node < trie.End(from);)
        {
            var depth = trie.Depth(node) - top;
            var reached = Level(depth);
            reached.Step(depth == 1 ? behind : Level(depth - 1), trie.Label(node));
            if (reached.IsEmpty)
            {
                node = trie.End(node);
                continue;
            }
            foreach (var token in trie.Tokens(node))
                if (text is null || table.Closes(token, need, room)) TokenMask.Add(allowed, token);
            node++;
        }
    }

    ReadingSet Level(int depth)
    {
        while (depth >= levels.Length) levels = [.. levels, new ReadingSet()];
        return levels[depth];
    }
}

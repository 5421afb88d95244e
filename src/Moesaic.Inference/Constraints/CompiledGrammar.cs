using System.Collections.Concurrent;

namespace Moesaic.Inference;

/// <summary>A grammar for a vocabulary. It may serve many texts and threads; what it learns about the vocabulary it keeps for the next text.</summary>
public sealed class CompiledGrammar
{
    readonly Rule root;
    readonly ConcurrentDictionary<(Terminal, int), Footprint> footprints = new();
    int cachedBytes;

    internal CompiledGrammar(Rule root, TokenTable table) => (this.root, Table) = (root, table);

    internal TokenTable Table { get; }

    /// <summary>A constraint at the start of a text.</summary>
    public ITokenConstraint Start() => new GrammarConstraint(this, root);

    internal Footprint Footprint(Terminal terminal, int state)
    {
        if (footprints.TryGetValue((terminal, state), out var known)) return known;
        var footprint = Inference.Footprint.Of(terminal, state, Table);
        if (Volatile.Read(ref cachedBytes) < GrammarLimits.CacheBytes && footprints.TryAdd((terminal, state), footprint))
            Interlocked.Add(ref cachedBytes, footprint.Bytes);
        return footprint;
    }
}

namespace Moesaic.Inference;

/// <summary>A text on its way through a <see cref="CompiledGrammar"/>.</summary>
sealed class GrammarConstraint : ITokenConstraint
{
    readonly CompiledGrammar grammar;
    readonly MaskBuilder masks;
    ReadingSet readings = new();
    ReadingSet next = new();
    ReadingSet spare = new();

    GrammarConstraint(CompiledGrammar grammar) => (this.grammar, masks) = (grammar, new MaskBuilder(grammar));

    public GrammarConstraint(CompiledGrammar grammar, Rule root)
        : this(grammar) => readings.Enter(root, Frame.Bottom());

    public int VocabularySize => grammar.Table.VocabularySize;

    public bool MayEnd => readings.IsFinal;

    public void Mask(Span<uint> allowed)
    {
        if (allowed.Length != TokenMask.Words(grammar.Table.VocabularySize))
            throw new ArgumentException($"{allowed.Length} words for a vocabulary of {grammar.Table.VocabularySize}", nameof(allowed));
        masks.Build(readings, allowed);
    }

    public void Accept(int token)
    {
        if (!TryAccept(token)) throw new InvalidOperationException($"the grammar does not allow token {token} here");
    }

    /// <summary>As <see cref="Accept"/>, but a token that is not allowed changes nothing.</summary>
    public bool TryAccept(int token)
    {
        var bytes = grammar.Table.Bytes(token);
        if (bytes.IsEmpty)
        {
            next.StepToken(readings, token);
            if (next.IsEmpty) return false;
            (readings, next) = (next, readings);
            return true;
        }
        var (from, to) = (readings, next);
        foreach (var value in bytes)
        {
            to.Step(from, value);
            if (to.IsEmpty) return false;
            // What was before the token is needed until all of it fits.
            (from, to) = (to, from == readings ? spare : from);
        }
        (readings, next, spare) = (from, readings, to);
        return true;
    }

    /// <remarks>For the same thread as its original, with which it shares what is behind.</remarks>
    public ITokenConstraint Clone()
    {
        var clone = new GrammarConstraint(grammar);
        clone.readings.CopyFrom(readings);
        return clone;
    }
}

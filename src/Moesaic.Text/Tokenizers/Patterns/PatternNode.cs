namespace Moesaic.Text.Tokenizers;

/// <summary>How a repetition chooses its count.</summary>
enum Appetite
{
    Greedy,
    Lazy,
    Possessive,
}

/// <summary>A parsed regular expression.</summary>
abstract record PatternNode
{
    /// <summary>Whether it may match without consuming.</summary>
    public abstract bool CanBeEmpty { get; }

    public sealed record One(CharacterSet Set) : PatternNode
    {
        public override bool CanBeEmpty => false;
    }

    public sealed record Sequence(IReadOnlyList<PatternNode> Parts) : PatternNode
    {
        public override bool CanBeEmpty => Parts.All(p => p.CanBeEmpty);
    }

    public sealed record Either(IReadOnlyList<PatternNode> Options) : PatternNode
    {
        public override bool CanBeEmpty => Options.Any(o => o.CanBeEmpty);
    }

    public sealed record Repeat(PatternNode Body, int Min, int Max, Appetite Appetite) : PatternNode
    {
        public const int Unlimited = int.MaxValue;

        public override bool CanBeEmpty => Min == 0 || Body.CanBeEmpty;
    }

    /// <summary>A group that, once matched, is not reconsidered.</summary>
    public sealed record Atomic(PatternNode Body) : PatternNode
    {
        public override bool CanBeEmpty => Body.CanBeEmpty;
    }

    public sealed record Ahead(PatternNode Body, bool Negative) : PatternNode
    {
        public override bool CanBeEmpty => true;
    }

    /// <summary>Looks at the one code point before.</summary>
    public sealed record Behind(CharacterSet Set, bool Negative) : PatternNode
    {
        public override bool CanBeEmpty => true;
    }

    public sealed record Anchor(Operation Operation) : PatternNode
    {
        public override bool CanBeEmpty => true;
    }
}

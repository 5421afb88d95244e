namespace Moesaic.Inference;

/// <summary>A node of a grammar. Grammars may be cyclic, by way of <see cref="Later"/>.</summary>
abstract class Rule
{
    /// <summary>What <see cref="Depth"/> is for what can never be completed.</summary>
    public const int Impossible = int.MaxValue;

    /// <summary>The least nesting (<see cref="Nested"/>) with which it can be completed; set by <see cref="RuleDepths"/>.</summary>
    public int Depth { get; set; } = Impossible;

    public sealed class Leaf(Terminal terminal) : Rule
    {
        public Terminal Terminal => terminal;
    }

    /// <summary>One after the other; none means the empty text.</summary>
    public sealed class Sequence(params Rule[] items) : Rule
    {
        public Rule[] Items => items;
    }

    /// <summary>One of them; none means nothing at all, not even the empty text.</summary>
    public sealed class Choice(params Rule[] options) : Rule
    {
        public Rule[] Options => options;
    }

    /// <summary>Several times. The item is never the empty text.</summary>
    public sealed class Repeat(Rule item, int least, int most) : Rule
    {
        public const int Unlimited = int.MaxValue;

        public Rule Item => item;

        public int Least => least;

        public int Most => most;
    }

    /// <summary>An array or an object: one level deeper.</summary>
    public sealed class Nested(Rule body) : Rule
    {
        public Rule Body => body;
    }

    /// <summary>A rule that is known later.</summary>
    public sealed class Later : Rule
    {
        public Rule Body { get; set; } = Nothing;
    }

    public static readonly Rule Empty = new Sequence();

    public static readonly Rule Nothing = new Choice();
}

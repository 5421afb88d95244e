namespace Moesaic.Inference;

/// <summary>A regular expression over code points.</summary>
abstract record RegexNode
{
    public sealed record One((int First, int Last)[] Set) : RegexNode;

    public sealed record Sequence(params IReadOnlyList<RegexNode> Parts) : RegexNode;

    public sealed record Either(IReadOnlyList<RegexNode> Options) : RegexNode;

    /// <summary>Most is <see cref="Unlimited"/> or a number.</summary>
    public sealed record Repeat(RegexNode Body, int Least, int Most) : RegexNode
    {
        public const int Unlimited = int.MaxValue;
    }

    /// <summary>The beginning of the text (^) or its end ($).</summary>
    public sealed record Edge(bool IsEnd) : RegexNode;
}

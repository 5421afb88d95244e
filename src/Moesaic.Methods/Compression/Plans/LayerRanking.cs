namespace Moesaic.Methods.Compression.Plans;

/// <summary>The experts of a layer in the order in which they are worth keeping, and how few may stay.</summary>
public sealed record LayerRanking
{
    /// <summary>Number of the layer in the model that is pruned.</summary>
    public required int Layer { get; init; }

    /// <summary>All its experts, the best first: for any ratio the first of them stay.</summary>
    public required IReadOnlyList<int> Ranking { get; init; }

    /// <summary>What each expert is worth, by its number; those of a layer compare, those of two layers as far as the method says.</summary>
    public required IReadOnlyList<double> Scores { get; init; }

    /// <summary>Experts that stay whatever their score, and rank first.</summary>
    public IReadOnlyList<int> Protected { get; init; } = [];

    /// <summary>Groups of neighbouring experts that must stay equally large; 1 without groups.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Fewest experts that may stay: the router needs them.</summary>
    public int Floor { get; init; } = 1;

    /// <summary>Most experts that may stay; null: all.</summary>
    public int? Ceiling { get; init; }

    /// <summary>Number of experts, E.</summary>
    internal int Experts => Ranking.Count;

    internal int GroupOf(int expert) => expert / (Experts / Groups);

    /// <summary>Ranks by score; ties go to the lowest number.</summary>
    /// <param name="scores">[E].</param>
    /// <param name="first">Experts that rank before all others, or null.</param>
    /// <param name="last">Experts that rank after all others, or null.</param>
    public static int[] Rank(IReadOnlyList<double> scores, Func<int, bool>? first = null, Func<int, bool>? last = null) =>
        [.. Enumerable.Range(0, scores.Count).OrderByDescending(e => first?.Invoke(e) is true).ThenBy(e => last?.Invoke(e) is true).ThenByDescending(e => scores[e])];

    /// <summary>The experts that stay when so many do, rising; equally many of every group.</summary>
    /// <param name="count">A multiple of the groups.</param>
    public int[] Best(int count) =>
        [.. Ranking.GroupBy(GroupOf).SelectMany(group => group.Take(count / Groups)).Order()];

    /// <inheritdoc/>
    public bool Equals(LayerRanking? other) => other is not null && (Layer, Groups, Floor, Ceiling) == (other.Layer, other.Groups, other.Floor, other.Ceiling)
        && Ranking.SequenceEqual(other.Ranking) && Scores.SequenceEqual(other.Scores) && Protected.SequenceEqual(other.Protected);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Layer, Ranking.Count);
}

using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Plans;

/// <summary>The layers of a model in the order in which their feed-forwards, or they themselves, can be spared.</summary>
public sealed record LayerDrops
{
    /// <summary>Whether layers go as a whole; else their feed-forwards with the norms.</summary>
    public required bool WholeLayers { get; init; }

    /// <summary>Whether the first of the ranking are a window of layers that follow one another, and belong together.</summary>
    public bool Consecutive { get; init; }

    /// <summary>Numbers of the layers, the first to go first.</summary>
    public required IReadOnlyList<int> Ranking { get; init; }

    /// <summary>By the places of <see cref="Ranking"/>: mean cosine of the residual stream before and after; 1 where nothing is changed.</summary>
    public required IReadOnlyList<double> Similarities { get; init; }

    /// <summary>How many go of a part of them, rounded down.</summary>
    /// <param name="ratio">The part that goes, 0 to 1.</param>
    public int Count(double ratio) => Allocation.ExpertCounts.Removed(Ranking.Count, ratio);

    /// <summary>Ranks by likeness, the most alike first; ties go to the later layer.</summary>
    internal static LayerDrops Of(bool wholeLayers, IReadOnlyList<int> candidates, Func<int, double> similarity)
    {
        int[] ranking = [.. candidates.OrderByDescending(similarity).ThenByDescending(l => l)];
        return new LayerDrops { WholeLayers = wholeLayers, Ranking = ranking, Similarities = [.. ranking.Select(similarity)] };
    }

    /// <summary>What stays when the first go.</summary>
    /// <param name="layers">Of the model.</param>
    /// <param name="count">How many go.</param>
    /// <exception cref="BadRequestException">There are not so many, or nothing would be left.</exception>
    public ExpertSelection Without(int layers, int count)
    {
        if (count > Ranking.Count - (WholeLayers ? 1 : 0))
            throw new BadRequestException(WholeLayers ? $"{count} layers cannot go: the model has {Ranking.Count}, and one must stay."
                : $"{count} feed-forwards cannot go: the model has {Ranking.Count}.");
        var gone = Ranking.Take(count).ToHashSet();
        return new ExpertSelection(WholeLayers ? [.. Enumerable.Range(0, layers).Where(l => !gone.Contains(l)).Select(l => new LayerSelection(l))]
            : [.. Enumerable.Range(0, layers).Select(l => new LayerSelection(l) { DropsFeedForward = gone.Contains(l) })]);
    }

    /// <inheritdoc/>
    public bool Equals(LayerDrops? other) => other is not null && (WholeLayers, Consecutive) == (other.WholeLayers, other.Consecutive)
        && Ranking.SequenceEqual(other.Ranking) && Similarities.SequenceEqual(other.Similarities);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(WholeLayers, Ranking.Count);
}

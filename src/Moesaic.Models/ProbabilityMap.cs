namespace Moesaic.Models;

/// <summary>
/// A linear map of a router's probabilities: with E rows for the experts that are there and a column for each that is scored,
/// a = W softmax(z) takes the place of the affinities (EEP, Liu et al. 2024, W_RM). The identity changes nothing.
/// </summary>
/// <param name="Rows">E, the experts.</param>
/// <param name="Columns">Scores of the router.</param>
/// <param name="Values">Rows · Columns numbers, row by row.</param>
public sealed record ProbabilityMap(int Rows, int Columns, IReadOnlyList<float> Values)
{
    float[]? flat;

    /// <summary>All numbers, row by row.</summary>
    internal ReadOnlySpan<float> Flat => flat ??= [.. Values];

    /// <summary>Some of the rows, in another order.</summary>
    public ProbabilityMap Select(IReadOnlyList<int> rows) =>
        new(rows.Count, Columns, [.. rows.SelectMany(r => Flat.Slice(r * Columns, Columns).ToArray())]);

    /// <summary>Why it fits no router of so many experts, or null.</summary>
    internal string? WhyNot(RouterSpec router) =>
        Rows != router.Experts || Columns < 1 || Values.Count != (long)Rows * Columns ? $"a probability map of {Rows}x{Columns} with {Values.Count} numbers for {router.Experts} experts"
        : Values.Any(v => !float.IsFinite(v)) ? "a probability map with numbers that are not finite"
        : router.Affinity != RouterAffinity.SoftmaxBeforeSelection ? "a probability map needs probabilities of all experts: softmax before selection"
        : router.Score == RouterScore.Hash ? "hashes have no probabilities to map"
        : router.Groups is { Score: GroupScore.Own } ? "groups with a router of their own have no probability map" : null;

    /// <inheritdoc/>
    public bool Equals(ProbabilityMap? other) => other is not null && (Rows, Columns) == (other.Rows, other.Columns) && Flat.SequenceEqual(other.Flat);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rows, Columns, Values.Count);
}

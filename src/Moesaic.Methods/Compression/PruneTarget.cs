using Moesaic.Formats;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Models;

namespace Moesaic.Methods.Compression;

/// <summary>How many experts are to go, and from where.</summary>
public sealed record PruneTarget
{
    /// <summary>The part that goes; null when <see cref="Keep"/> is given.</summary>
    public double? Ratio { get; init; }

    /// <summary>Experts that every layer keeps; null when <see cref="Ratio"/> is given.</summary>
    public int? Keep { get; init; }

    /// <summary>Which experts compete.</summary>
    public PruneScope Scope { get; init; }

    /// <summary>Fewest experts that a layer keeps, if that is more than its router needs; null: what that needs.</summary>
    public int? Least { get; init; }

    /// <summary>Most experts that a layer keeps; null: all.</summary>
    public int? Most { get; init; }

    /// <summary>Whether routers keep the rows of experts that go.</summary>
    public bool KeepsRouter { get; init; }

    /// <summary>The ranking of a layer's experts, with what bounds their number.</summary>
    /// <param name="layer">Number of the layer.</param>
    /// <param name="router">Its router.</param>
    /// <param name="scores">[E].</param>
    /// <param name="ranking">All experts, the best first.</param>
    /// <param name="guarded">Experts that stay, and rank first.</param>
    public LayerRanking Rank(int layer, RouterSpec router, IReadOnlyList<double> scores, IReadOnlyList<int> ranking, IReadOnlyList<int> guarded)
    {
        var groups = ExpertFloors.Groups(router, KeepsRouter);
        var floor = Math.Max(ExpertFloors.Of(router, KeepsRouter), Math.Min(scores.Count, WholeGroups(Least ?? 1, groups)));
        int? ceiling = Most is { } most ? most - (most % groups) : null;
        if (ceiling < floor)
            throw new BadRequestException($"Layer {layer} is to keep at most {Most} experts, and {(Least > ExpertFloors.Of(router, KeepsRouter) ? "at least" : "its router needs")} {floor}.");
        return new LayerRanking { Layer = layer, Ranking = ranking, Scores = scores, Protected = guarded, Groups = groups, Floor = floor, Ceiling = ceiling };
    }

    static int WholeGroups(int count, int groups) => (count + groups - 1) / groups * groups;

    /// <summary>How many experts each layer keeps.</summary>
    /// <param name="layers">The rankings.</param>
    /// <exception cref="BadRequestException">Not so many can go.</exception>
    public int[] Counts(IReadOnlyList<LayerRanking> layers) =>
        Keep is { } keep ? ExpertCounts.Keeping(layers, keep)
        : Scope == PruneScope.Global ? ExpertCounts.Global(layers, ExpertCounts.Removed(layers.Sum(l => l.Experts), Ratio!.Value))
        : ExpertCounts.PerLayer(layers, Ratio!.Value);

    /// <summary>
    /// What would stay if all experts were worth the same: what can be known before anything is measured. Of layers that compete, all
    /// lose alike here.
    /// </summary>
    /// <param name="spec">The model.</param>
    /// <exception cref="BadRequestException">There are no mixtures, or not so many can go.</exception>
    public ExpertSelection Expected(ModelSpec spec)
    {
        var layers = Unranked(spec);
        var counts = Counts(layers);
        if (Scope == PruneScope.Global && Ratio is { } ratio)
            counts = [.. layers.Select(l => Math.Clamp(l.Experts - (ExpertCounts.Removed(l.Experts / l.Groups, ratio) * l.Groups), l.Floor, l.Ceiling ?? l.Experts))];
        return new PrunePlan { Method = "", Seed = 0, KeepsRouter = KeepsRouter, Layers = layers, Decided = ExpertSelection.All(spec) }.Selected(counts);
    }

    LayerRanking[] Unranked(ModelSpec spec)
    {
        var layers = spec.MixtureLayers.Select(l =>
        {
            var router = spec.Mixture(l).Router;
            return Rank(l, router, new double[router.Experts], [.. Enumerable.Range(0, router.Experts)], []);
        }).ToArray();
        return layers.Length > 0 ? layers : throw new BadRequestException("The model has no mixture of experts, so no expert can go; narrow prunes the neurons of a dense model.");
    }
}

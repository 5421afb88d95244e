using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Formats;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Plans;

/// <summary>
/// What a method found out about the experts of a model, and what was decided for the ratio that was asked for: a file that can be read, changed and
/// applied again, to weights however they are stored. Any other ratio is read off the rankings. It lies beside a pruned checkpoint as <see cref="FileName"/>.
/// </summary>
public sealed record PrunePlan
{
    /// <summary>Name of the file beside a checkpoint.</summary>
    public const string FileName = "prune_plan.json";

    /// <summary>Version of the file.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Version of the file.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>How experts were ranked: reap, frequency, naee, or a name of one's own.</summary>
    public required string Method { get; init; }

    /// <summary>What the method was told, by name; for people.</summary>
    public IReadOnlyDictionary<string, string> Parameters { get; init; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Fingerprint of the model (<see cref="Calibration.CalibrationSource.OfModel"/>); empty when unknown.</summary>
    public string Model { get; init; } = "";

    /// <summary>Fingerprint of the statistics; empty when the method used none.</summary>
    public string Statistics { get; init; } = "";

    /// <summary>Seed of what was drawn.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Which experts compete when another ratio is asked for.</summary>
    public PruneScope Scope { get; init; }

    /// <summary>Whether routers keep the rows of experts that go.</summary>
    public bool KeepsRouter { get; init; }

    /// <summary>The part of the experts that was to go; null when a number to keep was given, or nothing was asked.</summary>
    public double? Ratio { get; init; }

    /// <summary>The mixtures' rankings, by layer; layers that are not here keep all their experts.</summary>
    public required IReadOnlyList<LayerRanking> Layers { get; init; }

    /// <summary>The layers by how little they do, where layers or feed-forwards go and not experts; else null.</summary>
    public LayerDrops? Drops { get; init; }

    /// <summary>What stays, as decided; "selection" in the file.</summary>
    [JsonPropertyName("selection")]
    public required ExpertSelection Decided { get; init; }

    /// <summary>Where the decisions come from, for people.</summary>
    public IReadOnlyList<string> Provenance { get; init; } = [];

    /// <summary>The plan by which the model had been pruned already, so that experts can be followed to the first; null when it had not.</summary>
    public PrunePlan? Before { get; init; }

    /// <summary>What stays at a ratio.</summary>
    /// <param name="ratio">The part of the experts that goes, 0 to 1; null, and the ratio of the plan: what was decided.</param>
    /// <exception cref="BadRequestException">A router cannot do with so few.</exception>
    public ExpertSelection Select(double? ratio = null) => ratio is null || ratio == Ratio ? Decided
        : Drops is { Consecutive: true } ? throw new BadRequestException("The plan leaves out one window of layers, and another ratio has another; prune anew with the statistics.")
        : Drops is { } drops ? drops.Without(drops.WholeLayers ? drops.Ranking.Count : Decided.Layers.Count, drops.Count(ratio.Value))
        : Selected(Scope == PruneScope.Global ? ExpertCounts.Global(Layers, ExpertCounts.Removed(Layers.Sum(l => l.Experts), ratio.Value)) : ExpertCounts.PerLayer(Layers, ratio.Value));

    /// <summary>What stays when each ranked layer keeps so many; of layers without a ranking what was decided.</summary>
    /// <param name="counts">One for each of <see cref="Layers"/>.</param>
    internal ExpertSelection Selected(IReadOnlyList<int> counts)
    {
        var kept = Layers.Zip(counts).ToDictionary(p => p.First.Layer, p => p.First.Best(p.Second));
        return new ExpertSelection([.. Decided.Layers.Select(layer => kept.TryGetValue(layer.Layer, out var experts) && !layer.DropsFeedForward
            ? layer with { Experts = experts, KeepsRouter = KeepsRouter } : layer)]);
    }

    /// <summary>Refuses a plan of another model.</summary>
    /// <param name="spec">The model's shape.</param>
    /// <param name="where">The plan's path, for the message.</param>
    /// <exception cref="BadRequestException">Its layers or experts are not those of the plan.</exception>
    public void RequireOf(ModelSpec spec, string where)
    {
        foreach (var layer in Layers)
        {
            var found = layer.Layer >= 0 && layer.Layer < spec.Layers.Count ? (spec.Layers[layer.Layer].FeedForward as MixtureSpec)?.Router.Experts ?? 0 : 0;
            if (found != layer.Experts)
                throw new BadRequestException($"{where}: it ranks {layer.Experts} experts of layer {layer.Layer}, where this model has {found}; it is a plan of another model.");
        }
        if (Drops is { } drops && (drops.WholeLayers ? drops.Ranking.Count : Decided.Layers.Count) != spec.Layers.Count)
            throw new BadRequestException($"{where}: it ranks layers of a model that has not {spec.Layers.Count} of them; it is a plan of another model.");
        Decided.Shape(spec);
    }

    /// <summary>The plan as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, PrunePlanJson.Default.PrunePlan) + "\n";

    /// <summary>Writes the plan.</summary>
    public void Save(string path) => AtomicFile.WriteText(path, ToJson());

    /// <summary>Reads a plan.</summary>
    /// <param name="path">The file, or a folder that holds it.</param>
    /// <exception cref="BadRequestException">It is missing, damaged, or contradicts itself.</exception>
    public static PrunePlan Load(string path)
    {
        if (Directory.Exists(path)) path = Path.Combine(path, FileName);
        try
        {
            var plan = JsonSerializer.Deserialize(File.ReadAllBytes(path), PrunePlanJson.Default.PrunePlan)
                ?? throw new BadRequestException($"{path}: the plan is null.");
            plan.Check(path);
            return plan;
        }
        catch (JsonException e)
        {
            throw new BadRequestException($"{path}: no plan to prune by: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadRequestException($"{path}: the plan to prune by cannot be read: {e.Message}", e);
        }
    }

    // What people can break by editing and arithmetic would not notice.
    void Check(string where)
    {
        if (Format != CurrentFormat) throw new BadRequestException($"{where}: a plan of version {Format}, not {CurrentFormat}.");
        foreach (var layer in Layers)
        {
            if (layer.Experts == 0 || !layer.Ranking.Order().SequenceEqual(Enumerable.Range(0, layer.Experts)))
                throw new BadRequestException($"{where}: the ranking of layer {layer.Layer} must name each of its experts, 0 to {layer.Experts - 1}, once.");
            if (layer.Scores.Count != layer.Experts || layer.Protected.Any(e => e < 0 || e >= layer.Experts))
                throw new BadRequestException($"{where}: layer {layer.Layer} ranks {layer.Experts} experts, but has {layer.Scores.Count} scores or protects others.");
            if (layer.Groups < 1 || layer.Experts % layer.Groups != 0 || layer.Floor < 1 || layer.Floor > layer.Experts)
                throw new BadRequestException($"{where}: layer {layer.Layer} has {layer.Experts} experts, which fits neither {layer.Groups} groups nor a floor of {layer.Floor}.");
        }
        if (Drops is { } drops && (drops.Ranking.Count != drops.Similarities.Count || drops.Ranking.Distinct().Count() != drops.Ranking.Count
            || (drops.WholeLayers && !drops.Ranking.Order().SequenceEqual(Enumerable.Range(0, drops.Ranking.Count)))))
            throw new BadRequestException($"{where}: the ranking of layers must name each once, with a similarity for each.");
        if (Layers.GroupBy(l => l.Layer).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new BadRequestException($"{where}: layer {twice.Key} is ranked twice.");
    }
}

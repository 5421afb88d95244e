using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Formats;
using Moesaic.Methods.Construction.Heads;
using Moesaic.Models;

namespace Moesaic.Methods.Construction.Plans;

/// <summary>
/// What a split decided: with the source weights it makes the mixture, without data. It lies beside the checkpoint as
/// <see cref="FileName"/>, can be read and changed by people, and be applied again.
/// </summary>
public sealed record SplitPlan
{
    /// <summary>Name of the file beside a checkpoint.</summary>
    public const string FileName = "split_plan.json";

    /// <summary>How the neurons were divided: random, contiguous, token_clusters, or a name of one's own.</summary>
    public required string Method { get; init; }

    /// <summary>Seed of the division, and of routers that the plan does not give.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Fingerprint (SHA-256) of the source model's folder; empty when unknown.</summary>
    public string Source { get; init; } = "";

    /// <summary>Routed experts per token, K.</summary>
    public required int Chosen { get; init; }

    /// <summary>How routers score experts. Default: linear.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public RouterScore Score { get; init; }

    /// <summary>The noise of the routers while training. Default: none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public RouterNoise Noise { get; init; }

    /// <summary>Over which experts the softmax runs. Default: all.</summary>
    public RouterAffinity Affinity { get; init; } = RouterAffinity.SoftmaxBeforeSelection;

    /// <summary>What an expert's output is multiplied by, before the layer's scale.</summary>
    public required CombineWeight Weight { get; init; }

    /// <summary>Where the decisions come from: data, tokens, settings, measurements; for people.</summary>
    public IReadOnlyList<string> Provenance { get; init; } = [];

    /// <summary>How heads become experts; null when attention stays as it is.</summary>
    public AttentionSplit? Attention { get; init; }

    /// <summary>The layers whose feed-forward is split, ascending; the others stay dense.</summary>
    public required IReadOnlyList<LayerSplit> Layers { get; init; }

    /// <summary>The router of a layer.</summary>
    internal RouterSpec RouterOf(LayerSplit layer) => new()
    {
        Experts = layer.Experts.Length, Chosen = Chosen, Score = Score, Noise = Noise, Affinity = Affinity, Weight = Weight, Scale = layer.Scale,
    };

    /// <summary>The plan as JSON: an object per layer, index lists on one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, SplitPlanJson.Default.SplitPlan) + "\n";

    /// <summary>Writes the plan to a file.</summary>
    public void Save(string path) => AtomicFile.WriteBytes(path, Encoding.UTF8.GetBytes(ToJson()));

    /// <summary>Reads a plan; fitting a model is checked by <see cref="SplitPlanCheck"/>.</summary>
    /// <exception cref="BadRequestException">The file is missing or no plan.</exception>
    public static SplitPlan Load(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), SplitPlanJson.Default.SplitPlan)
                ?? throw new BadRequestException($"{path}: the split plan is null.");
        }
        catch (JsonException e)
        {
            throw new BadRequestException($"{path}: no split plan: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadRequestException($"{path}: the split plan cannot be read: {e.Message}", e);
        }
    }
}

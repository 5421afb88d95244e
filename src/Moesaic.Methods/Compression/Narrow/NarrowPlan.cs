using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Methods.Compression.Narrow;

/// <summary>Which neurons of each layer stay; lies beside the checkpoint as <see cref="FileName"/>.</summary>
public sealed record NarrowPlan
{
    /// <summary>Name of the file beside a checkpoint.</summary>
    public const string FileName = "narrow_plan.json";

    /// <summary>How they were chosen.</summary>
    public required NarrowMethod Method { get; init; }

    /// <summary>Seed of the choice.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Per layer the neurons that stay, ascending.</summary>
    public required IReadOnlyList<int[]> Kept { get; init; }

    /// <summary>The shape of the narrow model.</summary>
    /// <exception cref="BadModelException">A layer is a mixture.</exception>
    /// <exception cref="BadRequestException">A layer has fewer neurons than it is to keep.</exception>
    public static ModelSpec Shape(ModelSpec dense, int width) => dense with
    {
        Layers = [.. dense.Layers.Select((layer, l) => layer.FeedForward switch
        {
            DenseSpec { Width: var present } when present < width =>
                throw new BadRequestException($"Layer {l} has {present} neurons and cannot keep {width}."),
            DenseSpec { Activation: not Activation.Swiglu and var activation } =>
                throw new BadRequestException($"Layer {l} has {activation} and no gate; only SwiGLU layers can be narrowed."),
            DenseSpec => layer with { FeedForward = new DenseSpec(width) },
            _ => throw new BadModelException($"Layer {l} is a mixture of experts; this step narrows dense feed-forwards."),
        })],
    };

    /// <summary>The plan as JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, NarrowPlanJson.Default.NarrowPlan) + "\n";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(NarrowMethodConverter)])]
[JsonSerializable(typeof(NarrowPlan))]
sealed partial class NarrowPlanJson : JsonSerializerContext;

sealed class NarrowMethodConverter() : JsonStringEnumConverter<NarrowMethod>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);

using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Construction.Creation;

/// <summary>Half of the layers of a model; of an odd number the middle one is in neither.</summary>
public enum LayerHalf
{
    /// <summary>The layers before the middle.</summary>
    First,

    /// <summary>The layers after the middle.</summary>
    Second,
}

/// <summary>
/// Mixtures of experts in the place of the dense feed-forwards of a new model. Without widths a token uses as many neurons as in
/// the dense layer: equal active width, whatever the number of experts.
/// </summary>
public sealed record MixtureOptions : IValidatableObject
{
    /// <summary>How experts are chosen and weighted.</summary>
    public required RouterSpec Router { get; init; }

    /// <summary>
    /// Names of the tasks that routers with the key task decide by; router.keys is their number and may be left out. Texts then name one of
    /// them as their task.
    /// </summary>
    public IReadOnlyList<string> Tasks { get; init; } = [];

    /// <summary>Inner width of one expert. Left out: what active_width leaves for each of the experts that a token uses, shared ones counted.</summary>
    [Range(1, 1 << 20)]
    public int? Width { get; init; }

    /// <summary>Inner widths of all experts that a token uses together. Left out: the width of the dense layer in config.json.</summary>
    [Range(1, 1 << 20)]
    public int? ActiveWidth { get; init; }

    /// <summary>Experts of the same width that every token uses besides the chosen ones.</summary>
    [Range(0, 4096)]
    public int Shared { get; init; }

    /// <summary>Instead of shared: the width of one feed-forward that every token uses besides the chosen experts.</summary>
    [Range(1, 1 << 20)]
    public int? SharedWidth { get; init; }

    /// <summary>How what the shared experts say is added: as it is, through a sigmoid of its own (Qwen1.5-MoE), or mixed by a softmax of two (PR-MoE).</summary>
    public SharedGate SharedGate { get; init; }

    /// <summary>Between the projections of all experts. Left out: that of the dense layer.</summary>
    public Activation? Activation { get; init; }

    /// <summary>Every so many layers is a mixture, the others stay dense; the first one is named by offset.</summary>
    [Range(1, 4096)]
    public int Every { get; init; } = 1;

    /// <summary>Number of the first layer that is a mixture, from 0 on.</summary>
    [Range(0, 4096)]
    public int Offset { get; init; }

    /// <summary>Instead of every and offset: the half of the layers that are mixtures.</summary>
    public LayerHalf? Half { get; init; }

    /// <summary>Instead of every and offset: the numbers of the layers that are mixtures, from 0 on.</summary>
    [NotEmpty]
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Which layers become mixtures.</summary>
    public MixturePlacement Placement() => Layers is { } listed ? MixturePlacement.At(listed)
        : Half is { } half ? half == LayerHalf.First ? MixturePlacement.FirstHalf : MixturePlacement.SecondHalf
        : MixturePlacement.Every(Every, Offset);

    /// <summary>The router with the number of its tasks.</summary>
    internal RouterSpec CompleteRouter => Router.Key == RouterKey.Task && Router.Keys == 0 ? Router with { Keys = Tasks.Count } : Router;

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Width is not null && ActiveWidth is not null)
            yield return new("width is that of one expert, active_width that of all a token uses; give one of them", [nameof(ActiveWidth)]);
        if (Shared > 0 && SharedWidth is not null)
            yield return new("shared counts shared experts, shared_width says how wide they are together; give one of them", [nameof(SharedWidth)]);
        if (SharedGate != SharedGate.None && Shared == 0 && SharedWidth is null)
            yield return new("there are no shared experts to gate; set shared, or leave the gate out", [nameof(SharedGate)]);
        var places = (Every != 1 || Offset != 0 ? 1 : 0) + (Half is null ? 0 : 1) + (Layers is null ? 0 : 1);
        if (places > 1) yield return new("every with offset, half and layers exclude one another", [nameof(Layers), nameof(Half)]);
    }
}

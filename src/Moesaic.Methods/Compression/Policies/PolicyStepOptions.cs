using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Compression.Policies;

/// <summary>Options of the step "policy": what evaluation takes away from the choices of routers. Without any the model's policies are removed.</summary>
public sealed record PolicyStepOptions : IValidatableObject
{
    /// <summary>Where the ratios come from when they are not given: of each layer and rank, from what calibration text made of them (NAEE's β).</summary>
    public PolicySource? From { get; init; }

    /// <summary>from statistics: folder of statistics that calibrate wrote. Left out: those of the recipe's last step calibrate.</summary>
    public string? Statistics { get; init; }

    /// <summary>from statistics: the part of the tokens with a choice of that rank that skip it; 0.5 takes the median, as published.</summary>
    [Range(0.0, 1.0)]
    public double Part { get; init; } = 0.5;

    /// <summary>
    /// Policies as they are given when a model runs: none, pairs such as chosen=1,share=0.9, or a JSON file; it stands instead of the keys below but
    /// layers and type.
    /// </summary>
    public string? Policy { get; init; }

    /// <summary>The first so many of a router's choices stay, at most the model's K; two thirds of K are the usual start.</summary>
    [Unit("experts")]
    [Range(1, 1 << 16)]
    public int? Keep { get; init; }

    /// <summary>Make keep the routers' own number in place of a policy, in whatever layout; training then uses so many too.</summary>
    public bool Permanent { get; init; }

    /// <summary>
    /// A choice of rank 2 stays from this part of the best one's affinity on (NAEE). With further numbers, for rank 3 and on, the last for all that follow, as many choices stay,
    /// best first, as reach the number of their rank. 0 takes nothing away.
    /// </summary>
    public IReadOnlyList<double> Ratios { get; init; } = [];

    /// <summary>The fewest choices, best first, stay that have this share of the affinities of all choices; 1: all.</summary>
    [Range(0.0, 1.0)]
    public double Share { get; init; } = 1;

    /// <summary>Let the share be one of the affinities of all experts.</summary>
    public bool ShareOfAll { get; init; }

    /// <summary>Choices stay whose part of the affinities of all experts, times their number, is above this; 0: all (DS-MoE).</summary>
    [Range(0.0, 1e6)]
    public double Threshold { get; init; }

    /// <summary>
    /// The part of a prompt's tokens that keeps all its experts, the most important ones by the attention they receive (ODP: 0.02). 0: none.
    /// </summary>
    [Range(0.0, 1.0)]
    public double Protected { get; init; }

    /// <summary>The part of a prompt's tokens, the least important ones, that uses no expert.</summary>
    [Range(0.0, 1.0)]
    public double Dropped { get; init; }

    /// <summary>Numbers of experts that nobody may choose.</summary>
    public IReadOnlyList<int> Masked { get; init; } = [];

    /// <summary>Raise the weights of what stays to the sum there was. Left out: where the router renormalises.</summary>
    public bool? Renormalise { get; init; }

    /// <summary>Raise the weights where the choice of an expert that is not there went.</summary>
    public bool RenormaliseAbsent { get; init; }

    /// <summary>Mixture layers that get the policy; the others keep theirs. Left out: all.</summary>
    public IReadOnlyList<int>? Layers { get; init; }

    /// <summary>Number type of the written checkpoint. Left out: that of the source.</summary>
    public TensorType? Type { get; init; }

    /// <summary>Rules over several options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (From is null && (Statistics is not null || Part != 0.5)) yield return new("statistics and part are for ratios from statistics; add from: statistics", [nameof(From)]);
        if (From is not null && Ratios.Count > 0) yield return new("ratios are given, or come from statistics; leave one out", [nameof(Ratios)]);
        if (Policy is not null && (Keep is not null || Permanent || HasRules)) yield return new("policy says all of it: leave the other keys out, or policy", [nameof(Policy)]);
        if (Permanent && Keep is null) yield return new("permanent makes a number the routers' own: say it by keep", [nameof(Permanent)]);
        if (Permanent && HasRules) yield return new("permanent is for keep alone: write the other rules by a step policy after it", [nameof(Permanent)]);
    }

    // Any but the first so many.
    bool HasRules => From is not null || Ratios.Count > 0 || Share < 1 || ShareOfAll || Threshold > 0 || Protected > 0 || Dropped > 0 || Masked.Count > 0
        || Renormalise is not null || RenormaliseAbsent;

    /// <summary>Applies the rules where no recipe reader did.</summary>
    /// <exception cref="BadRequestException">One of them is broken.</exception>
    internal void Check() => OptionRules.Check(this);
}

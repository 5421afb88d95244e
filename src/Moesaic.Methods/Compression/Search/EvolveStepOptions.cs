using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Compression.Search;

/// <summary>Options of the step "evolve": experts are chosen, then merged, by what the whole model loses (EEP).</summary>
public sealed record EvolveStepOptions : IValidatableObject
{
    /// <summary>Experts that every layer has afterwards.</summary>
    [Required]
    [Unit("experts")]
    [Range(1, 1 << 20)]
    public required int Keep { get; init; }

    /// <summary>eep: metric loss: text that models are measured on. Without a limit of its own, twice the tokens of the evolution are drawn.</summary>
    public DataOptions? Calibration { get; init; }

    /// <summary>Numbers of the evolution. Left out: those published, with 300 evaluations that merge.</summary>
    public EepOptions Eep { get; init; } = new() { Merging = 300 };

    /// <summary>Text whose loss is measured before and after. Left out: nothing is measured.</summary>
    public DataOptions? HeldOut { get; init; }

    /// <summary>Length of the blocks of text.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int Context { get; init; } = 256;

    /// <summary>Number type of the written checkpoint. Left out: that of the source.</summary>
    public TensorType? Type { get; init; }

    internal DataOptions? EffectiveCalibration => Calibration is null ? null : Calibration with { Tokens = Calibration.Tokens ?? 2L * (Eep.Tokens + Context) };

    /// <summary>Rules over several options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Eep.Metric == EepMetric.Loss && Calibration is null) yield return new("models are measured by their loss on text: name calibration, or eep: metric: signature", [nameof(Calibration)]);
        if (Eep.Metric != EepMetric.Loss && Calibration is not null) yield return new("models are measured by what they write below signatures; leave calibration out", [nameof(Calibration)]);
    }

    /// <summary>Applies the rules where no recipe reader did.</summary>
    /// <exception cref="BadRequestException">One of them is broken.</exception>
    internal void Check() => OptionRules.Check(this);
}

using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Compression.Narrow;

/// <summary>Which neurons stay.</summary>
public enum NarrowMethod
{
    /// <summary>Those with the highest importance by gradient over all calibration tokens.</summary>
    Importance,

    /// <summary>Random ones: a control.</summary>
    Random,
}

/// <summary>Options of the step "narrow": a smaller dense model, the baseline with as many active parameters as a mixture.</summary>
public sealed record NarrowStepOptions : IValidatableObject
{
    /// <summary>Neurons that every feed-forward keeps.</summary>
    [Required]
    [Unit("neurons")]
    [Range(1, 1 << 24)]
    public required int Width { get; init; }

    /// <summary>Which neurons stay.</summary>
    public NarrowMethod Method { get; init; } = NarrowMethod.Importance;

    /// <summary>Text for the importance. Without a limit of its own, 65,536 tokens are drawn. Not needed by random.</summary>
    public DataOptions? Calibration { get; init; }

    /// <summary>importance: what it is.</summary>
    public ImportanceOptions Importance { get; init; } = new();

    /// <summary>Text whose loss is measured before and after. Left out: nothing is measured.</summary>
    public DataOptions? HeldOut { get; init; }

    /// <summary>Length of the blocks of text.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int Context { get; init; } = 256;

    /// <summary>Number type of the written checkpoint. Left out: that of the source.</summary>
    public TensorType? Type { get; init; }

    internal DataOptions EffectiveCalibration => Calibration! with { Tokens = Calibration!.Tokens ?? 65_536 };

    /// <summary>Rules over several options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Method == NarrowMethod.Importance && Calibration is null)
            yield return new("the importance of neurons needs calibration text; name a file, a folder or dotnet-docs, or take method: random", [nameof(Calibration)]);
    }

    /// <summary>Applies the rules where no recipe reader did.</summary>
    /// <exception cref="BadRequestException">One of them is broken.</exception>
    internal void Check() => OptionRules.Check(this);
}

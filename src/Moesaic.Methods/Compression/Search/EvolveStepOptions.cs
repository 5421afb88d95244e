using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Compression.Search;

/// <summary>Options of the step "evolve": experts are chosen, then merged, by what the whole model loses (EEP).</summary>
public sealed record EvolveStepOptions
{
    /// <summary>Experts that every layer has afterwards.</summary>
    [Required]
    [Unit("experts")]
    [Range(1, 1 << 20)]
    public required int Keep { get; init; }

    /// <summary>Text that models are measured on. Without a limit of its own, twice the tokens of the evolution are drawn.</summary>
    [Required]
    public required DataOptions Calibration { get; init; }

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

    internal DataOptions EffectiveCalibration => Calibration with { Tokens = Calibration.Tokens ?? 2L * (Eep.Tokens + Context) };
}

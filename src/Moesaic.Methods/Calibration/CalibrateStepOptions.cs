using System.ComponentModel.DataAnnotations;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Calibration;

/// <summary>Options of the step "calibrate": what text makes of routers, experts and layers, for any number of ways to prune.</summary>
public sealed record CalibrateStepOptions : CalibrationOptions
{
    /// <summary>Text that is run through the model. Without a limit of its own, 65,536 tokens are drawn.</summary>
    [Required]
    public required DataOptions Calibration { get; init; }

    /// <summary>Length of the blocks of text.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int Context { get; init; } = 256;

    /// <summary>Experts that fewer tokens chose are named in the report: their figures rest on too little.</summary>
    [Unit("tokens")]
    [Range(0, 1 << 30)]
    public int MinimumTokens { get; init; } = 32;

    internal DataOptions EffectiveCalibration => WithLimit(Calibration);

    /// <summary>Text with the limit that it has when it says none.</summary>
    internal static DataOptions WithLimit(DataOptions text) => text with { Tokens = text.Tokens ?? 65_536 };
}

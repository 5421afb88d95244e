using System.ComponentModel.DataAnnotations;
using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Alignment;

/// <summary>Options of the step "align": layers add what they added in the dense parent, by mean and variance of each channel.</summary>
public sealed record AlignStepOptions
{
    /// <summary>Folder of the dense model that the experts were made of.</summary>
    [Required]
    public required string Parent { get; init; }

    /// <summary>Text that is run through both models. Without a limit of its own, 65,536 tokens are drawn.</summary>
    [Required]
    public required DataOptions Calibration { get; init; }

    /// <summary>Text whose loss is measured before and after. Left out: nothing is measured.</summary>
    public DataOptions? HeldOut { get; init; }

    /// <summary>Length of the blocks of text.</summary>
    [Unit("tokens")]
    [Range(2, 1 << 20)]
    public int Context { get; init; } = 256;

    /// <summary>What is aligned.</summary>
    [NotEmpty(ErrorMessage = "no modules; name attention, feed_forward or both")]
    public IReadOnlyList<AlignedModule> Modules { get; init; } = [AlignedModule.Attention, AlignedModule.FeedForward];

    /// <summary>
    /// Match means too, by biases of experts and of attention. Such a checkpoint has the layout moesaic; without, factors alone are folded
    /// into the weights, and the layout stays. Dense feed-forwards, heads as experts and latent attention have no place for a bias.
    /// </summary>
    public bool Bias { get; init; }

    /// <summary>Number type of the written checkpoint. Left out: that of the source.</summary>
    public TensorType? Type { get; init; }

    internal DataOptions EffectiveCalibration => Calibration with { Tokens = Calibration.Tokens ?? 65_536 };
}

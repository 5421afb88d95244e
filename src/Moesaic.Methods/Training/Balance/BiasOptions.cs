using System.ComponentModel.DataAnnotations;

namespace Moesaic.Methods.Training.Balance;

/// <summary>
/// After every step the bias of an expert goes up by the rate when it had fewer token slots than the mean, and down when it had more (Wang
/// et al. 2024; DeepSeek-V3 2024, section 2.1.2). Biases never enter combine weights.
/// </summary>
public sealed record BiasOptions
{
    /// <summary>How far a bias moves in a step.</summary>
    [Range(0.0, 1.0)]
    public double Rate { get; init; } = 0.001;

    /// <summary>Fraction of the steps after which biases stay (DeepSeek-V3: 0.966).</summary>
    [Range(0.0, 1.0)]
    public double Until { get; init; } = 1;
}

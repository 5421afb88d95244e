using System.ComponentModel.DataAnnotations;

namespace Moesaic.Methods.Training.Balance;

/// <summary>
/// After every step the coefficient a of load_balance in a layer becomes keep · a + (1 − keep) · min(rate · d, most), where d is the share of
/// the layer's token slots above what an expert takes (Wei et al. 2024, section 3.2). It starts at load_balance; the coefficients are in
/// the model folder, for a training that goes on.
/// </summary>
public sealed record AdaptiveOptions
{
    /// <summary>Coefficient per share of slots.</summary>
    [Range(0.0, 100.0)]
    public double Rate { get; init; } = 0.2;

    /// <summary>Largest coefficient.</summary>
    [Range(0.0, 100.0)]
    public double Most { get; init; } = 0.01;

    /// <summary>Share of the coefficient before the step.</summary>
    [Range(0.0, 1.0)]
    public double Keep { get; init; } = 0.99;

    /// <summary>What an expert takes, in mean loads of a step.</summary>
    [Range(1.0, 4096.0)]
    public double CapacityFactor { get; init; } = 1;
}

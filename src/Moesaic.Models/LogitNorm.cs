namespace Moesaic.Models;

/// <summary>Which deviation divides.</summary>
public enum LogitDeviation
{
    /// <summary>That of the E logits, divisor E.</summary>
    Population,

    /// <summary>The estimate with divisor E − 1, as frameworks compute by default.</summary>
    Sample,
}

/// <summary>A token's logits become Factor · (z − mean)/deviation (Skywork-MoE, Wei et al. 2024, section 3.1).</summary>
/// <param name="Factor">λ, positive.</param>
/// <param name="Deviation">The paper does not say which.</param>
public sealed record LogitNorm(float Factor, LogitDeviation Deviation = LogitDeviation.Population);

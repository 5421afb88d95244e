namespace Moesaic.Methods.Competition;

/// <summary>
/// The objectives that Jacobs, Jordan, Nowlan and Hinton 1991 compare, for experts oᵢ, a gate p and the target d. The first two have
/// the factor ½ here, so that with one expert all three have the same gradient.
/// </summary>
public enum ExpertObjective
{
    /// <summary>½‖d − Σ pᵢoᵢ‖²: every expert corrects what the others leave, so that they depend on one another.</summary>
    Cooperative,

    /// <summary>½ Σ pᵢ‖d − oᵢ‖²: every expert is to be right by itself; those in charge learn the most.</summary>
    Weighted,

    /// <summary>−log Σ pᵢ exp(−½‖d − oᵢ‖²): the expert that is nearest learns the most. The paper's proposal; of variance 1.</summary>
    Gaussian,
}

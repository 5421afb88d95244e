namespace Moesaic.Methods.Compression;

/// <summary>How experts are ranked.</summary>
public enum PruneMethod
{
    /// <summary>Mean of gate times output norm over the tokens that chose the expert (REAP, Lasby et al. 2025).</summary>
    Reap,

    /// <summary>The part of the tokens that chose the expert (SEER-MoE's hard count, Muzio et al. 2024).</summary>
    Frequency,

    /// <summary>Mean probability over all tokens (SEER-MoE's soft count; Expert Drop, He et al. 2024).</summary>
    SoftCount,

    /// <summary>Mean gate over all tokens.</summary>
    WeightedFrequency,

    /// <summary>Sum of output norms (EAN; MC-Suite).</summary>
    ActivationNorm,

    /// <summary>Mean output norm over the tokens that chose the expert.</summary>
    MeanActivationNorm,

    /// <summary>Sum of gate times output norm.</summary>
    GatedActivationNorm,

    /// <summary>Norm of the mean output over the tokens that chose the expert.</summary>
    MeanOutputNorm,

    /// <summary>By chance: the control.</summary>
    Random,

    /// <summary>All subsets of each layer, by what they change of its output (NAEE, Lu et al. 2024). For few experts.</summary>
    Naee,

    /// <summary>naee where each layer reads what the pruned layers before it give, and is held to what the whole model gives.</summary>
    NaeeProgressive,

    /// <summary>
    /// Genetic search in each layer, then windows of layers together (MoE-I², Yang et al. 2024). With scope global layers lose experts inversely to their importance, as published.
    /// </summary>
    MoeI2,

    /// <summary>Evolution of the choice of all layers by the loss of the whole model (EEP, Liu et al. 2024); the step evolve merges too.</summary>
    Eep,

    /// <summary>Feed-forwards that change the residual stream least go, with their norms (Layer Drop, He et al. 2024).</summary>
    LayerDrop,

    /// <summary>Whole layers that change the residual stream least go (Block Drop, He et al. 2024).</summary>
    BlockDrop,
}

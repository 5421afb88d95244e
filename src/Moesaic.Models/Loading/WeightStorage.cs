namespace Moesaic.Models.Loading;

/// <summary>How weights are kept in memory.</summary>
public enum WeightStorage
{
    /// <summary>As float32: to train, split or change them.</summary>
    Float32,

    /// <summary>As they are stored: to run them. What no product can read (64-bit numbers, IQ2_XXS) becomes float32.</summary>
    Stored,
}

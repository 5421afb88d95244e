namespace Moesaic.Methods.Training;

/// <summary>How passes read the matrices that are trained.</summary>
public enum WeightPrecision
{
    /// <summary>As float32.</summary>
    F32,

    /// <summary>
    /// As bfloat16, rounded after every step from float32 values that the optimiser keeps: what is measured is what a bf16 checkpoint
    /// computes. A pass reads half the bytes; the rounded copy comes on top of the float32 values. Vectors stay float32.
    /// </summary>
    BF16,
}

namespace Moesaic.Kernels;

/// <summary>The settings of one AdamW update.</summary>
/// <param name="LearningRate">η.</param>
/// <param name="Beta1">Decay of the first moment, usually 0.9.</param>
/// <param name="Beta2">Decay of the second moment, usually 0.95 to 0.999.</param>
/// <param name="Epsilon">Added to the root of the corrected second moment, usually 1e-8.</param>
/// <param name="WeightDecay">λ; decoupled: the parameter shrinks by η·λ of itself.</param>
/// <param name="Step">Number of this update, counted from 1, for the bias correction.</param>
/// <param name="GradientScale">Factor on the gradient before anything else, for clipping and averaging.</param>
public readonly record struct AdamWStep(
    float LearningRate, float Beta1, float Beta2, float Epsilon, float WeightDecay, int Step, float GradientScale);

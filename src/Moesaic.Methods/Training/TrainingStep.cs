namespace Moesaic.Methods.Training;

/// <summary>What one optimiser step saw.</summary>
/// <param name="Step">1-based.</param>
/// <param name="Loss">Mean cross-entropy over the step's targets, before the step; nats.</param>
/// <param name="GradientNorm">Global norm before clipping.</param>
/// <param name="LearningRate">Used.</param>
/// <param name="Tokens">Tokens read, padding not counted.</param>
public readonly record struct TrainingStep(int Step, double Loss, double GradientNorm, float LearningRate, int Tokens);

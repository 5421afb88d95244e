namespace Moesaic.Methods.Training;

/// <summary>What one optimiser step saw; means over the step's targets or pairs, before the step.</summary>
/// <param name="Step">1-based.</param>
/// <param name="Loss">Nats: of next-token prediction the cross-entropy, of preferences their loss.</param>
/// <param name="GradientNorm">Global norm before clipping.</param>
/// <param name="LearningRate">Used.</param>
/// <param name="Tokens">Tokens read, padding not counted.</param>
/// <param name="Divergence">Distance from a teacher's predictions, nats; null without one.</param>
/// <param name="Accuracy">Of pairs, those whose better answer gained more; null without pairs.</param>
/// <param name="Margin">Implicit reward of the better answer minus that of the worse one; null without pairs.</param>
/// <param name="Routing">What the routers of the feed-forwards did; null without experts.</param>
/// <param name="OutputZLoss">Mean squared logsumexp of the head's logits; null without its loss.</param>
public readonly record struct TrainingStep(int Step, double Loss, double GradientNorm, float LearningRate, int Tokens,
    double? Divergence = null, double? Accuracy = null, double? Margin = null,
    StepRouting? Routing = null, double? OutputZLoss = null);

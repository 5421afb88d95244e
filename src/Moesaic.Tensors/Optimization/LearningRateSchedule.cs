namespace Moesaic.Tensors.Optimization;

/// <summary>What the learning rate does after warm-up.</summary>
public enum ScheduleShape
{
    /// <summary>Falls along half a cosine to the final fraction.</summary>
    Cosine,

    /// <summary>Falls in a straight line to the final fraction.</summary>
    Linear,

    /// <summary>Stays at the peak.</summary>
    Constant,
}

/// <summary>Learning rate per step: a linear warm-up, then cosine, linear or constant.</summary>
/// <param name="Peak">Highest learning rate, reached at the end of the warm-up.</param>
/// <param name="Steps">Number of steps in all.</param>
/// <param name="WarmupSteps">Steps of the warm-up; the first step has Peak / WarmupSteps.</param>
/// <param name="Shape">What follows.</param>
/// <param name="FinalFraction">Fraction of the peak at the last step; for <see cref="ScheduleShape.Constant"/> not used.</param>
public sealed record LearningRateSchedule(
    float Peak, int Steps, int WarmupSteps, ScheduleShape Shape = ScheduleShape.Cosine, float FinalFraction = 0.1f)
{
    /// <summary>The learning rate of a step.</summary>
    /// <param name="step">0-based.</param>
    public float At(int step)
    {
        if (step < WarmupSteps) return Peak * (step + 1) / WarmupSteps;
        var rest = Math.Max(1, Steps - 1 - WarmupSteps);
        var progress = Math.Clamp((double)(step - WarmupSteps) / rest, 0, 1);
        return Shape switch
        {
            ScheduleShape.Cosine => (float)(Peak * (FinalFraction + ((1 - FinalFraction) * 0.5 * (1 + Math.Cos(Math.PI * progress))))),
            ScheduleShape.Linear => (float)(Peak * (1 - ((1 - FinalFraction) * progress))),
            _ => Peak,
        };
    }
}

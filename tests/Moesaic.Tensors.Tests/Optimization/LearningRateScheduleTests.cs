using Moesaic.Tensors.Optimization;

namespace Moesaic.Tensors.Tests.Optimization;

public class LearningRateScheduleTests
{
    // 4 steps up, then 8 intervals down to the last of 13 steps.
    static LearningRateSchedule Of(ScheduleShape shape) => new(Peak: 0.8f, Steps: 13, WarmupSteps: 4, shape, FinalFraction: 0.1f);

    [Theory]
    [InlineData(ScheduleShape.Cosine, 0, 0.2)]
    [InlineData(ScheduleShape.Cosine, 2, 0.6)]
    [InlineData(ScheduleShape.Cosine, 3, 0.8)]
    [InlineData(ScheduleShape.Cosine, 4, 0.8)]
    [InlineData(ScheduleShape.Cosine, 6, 0.694558441)]       // 0.08 + 0.72 · (1 + √½) / 2
    [InlineData(ScheduleShape.Cosine, 8, 0.44)]
    [InlineData(ScheduleShape.Cosine, 12, 0.08)]
    [InlineData(ScheduleShape.Cosine, 99, 0.08)]
    [InlineData(ScheduleShape.Linear, 1, 0.4)]
    [InlineData(ScheduleShape.Linear, 6, 0.62)]
    [InlineData(ScheduleShape.Linear, 12, 0.08)]
    [InlineData(ScheduleShape.Constant, 0, 0.2)]
    [InlineData(ScheduleShape.Constant, 12, 0.8)]
    public void Values_by_hand(ScheduleShape shape, int step, double expected) => Assert.Equal(expected, Of(shape).At(step), 1e-6);

    [Fact]
    public void Without_warm_up_it_starts_at_the_peak() => Assert.Equal(0.5f, new LearningRateSchedule(0.5f, 10, 0).At(0));

    [Theory]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 3)]
    [InlineData(3, 8)]
    public void Short_runs_have_finite_rates_of_at_most_the_peak(int steps, int warmup)
    {
        foreach (var shape in Enum.GetValues<ScheduleShape>())
            for (var step = 0; step < steps; step++)
                Assert.InRange(new LearningRateSchedule(0.5f, steps, warmup, shape).At(step), float.Epsilon, 0.5f);
    }
}

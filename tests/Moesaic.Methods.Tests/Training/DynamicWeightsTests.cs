using Moesaic.Methods.Training;

namespace Moesaic.Methods.Tests.Training;

public class DynamicWeightsTests
{
    static readonly double[] Weights = [0.5, 0.3, 0.2], Losses = [2.5, 1.0, 1.9], Reference = [2.0, 1.5, 1.7];

    [Fact]
    public void Weights_are_multiplied_by_the_exponential_of_the_excess_and_renormalised()
    {
        var adapted = new DynamicWeightsOptions { Every = 1 }.Adapt(Weights, Losses, Reference);
        double[] raw = [0.5 * Math.Exp(0.5), 0.3, 0.2 * Math.Exp(0.2)];
        for (var d = 0; d < 3; d++) Assert.Equal(raw[d] / raw.Sum(), adapted[d], 1e-12);
    }

    [Fact]
    public void The_smoothed_form_keeps_a_share_for_each()
    {
        var adapted = new DynamicWeightsOptions { Every = 1, Rate = 2, Smoothing = 0.3 }.Adapt(Weights, Losses, Reference);
        double[] raw = [0.5 * Math.Exp(1), 0.3, 0.2 * Math.Exp(0.4)];
        for (var d = 0; d < 3; d++) Assert.Equal((0.7 * raw[d] / raw.Sum()) + 0.1, adapted[d], 1e-12);
    }

    [Fact]
    public void At_the_reference_nothing_changes_and_no_excess_overflows()
    {
        var rule = new DynamicWeightsOptions { Every = 1 };
        for (var d = 0; d < 3; d++) Assert.Equal(Weights[d], rule.Adapt(Weights, Reference, Reference)[d], 1e-12);
        var far = rule.Adapt(Weights, [5000, 1, 1], Reference);
        Assert.Equal(1, far[0], 1e-12);
        // A weight that has vanished stays, and is no number that spoils the others.
        Assert.Equal(1, rule.Adapt(far, Losses, Reference).Sum(), 1e-12);
    }
}

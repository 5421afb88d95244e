using Moesaic.Methods.Preferences;

namespace Moesaic.Methods.Tests.Preferences;

public class DpoLossTests
{
    public static TheoryData<double, double> Settings => new() { { 0.1, 0 }, { 1, 0 }, { 0.5, 0.1 }, { 2, 0.3 } };

    [Theory]
    [MemberData(nameof(Settings))]
    public void At_the_reference_it_is_the_logarithm_of_two(double beta, double smoothing)
    {
        Assert.Equal(Math.Log(2), new DpoLoss(beta, smoothing).Of(0), 1e-15);
        Assert.Equal(-beta * (1 - (2 * smoothing)) / 2, new DpoLoss(beta, smoothing).Slope(0), 1e-15);
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void It_is_the_closed_form_and_its_slope_the_difference_quotient(double beta, double smoothing)
    {
        var loss = new DpoLoss(beta, smoothing);
        for (var gain = -20.0; gain <= 20; gain += 0.7)
        {
            var (right, wrong) = (1 / (1 + Math.Exp(-beta * gain)), 1 / (1 + Math.Exp(beta * gain)));
            Assert.Equal(-((1 - smoothing) * Math.Log(right)) - (smoothing * Math.Log(wrong)), loss.Of(gain), 1e-9);
            Assert.Equal((loss.Of(gain + 1e-5) - loss.Of(gain - 1e-5)) / 2e-5, loss.Slope(gain), 1e-8);
        }
    }

    [Fact]
    public void Gains_beyond_every_exponent_stay_finite()
    {
        var loss = new DpoLoss(1, 0);
        Assert.Equal((0, 5000), (loss.Of(5000), loss.Of(-5000)));
        Assert.Equal((0, -1), (loss.Slope(5000), loss.Slope(-5000)));
    }
}

using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Models.Tests.Experts.Objectives;

public class VariationTests
{
    [Fact]
    public void It_is_zero_when_balanced_and_the_number_of_experts_at_collapse()
    {
        Assert.Equal(0, Variation.Value([3, 3, 3, 3]));
        Assert.Equal(4, Variation.Value([0, 8, 0, 0]), 1e-12);
        Assert.Equal(0, Variation.Value([0, 0]));
    }

    [Fact]
    public void Its_gradient_is_that_of_its_value()
    {
        double[] values = [1.5, 0.2, 3, 0.9], gradient = new double[4];
        Variation.Gradient(values, gradient);
        for (var e = 0; e < 4; e++)
        {
            double At(double step)
            {
                var moved = values.ToArray();
                moved[e] += step;
                return Variation.Value(moved);
            }
            Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, gradient[e], 1e-8);
        }
    }

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1, 0.8413447460685429)]
    [InlineData(-2.5, 0.006209665325776132)]
    [InlineData(6, 0.9999999990134124)]
    [InlineData(-40, 0)]
    public void The_distribution_function(double u, double expected) => Assert.Equal(expected, LoadVariation.Cumulative(u), 1e-11);
}

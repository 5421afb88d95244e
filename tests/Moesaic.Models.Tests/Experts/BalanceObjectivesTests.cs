using Moesaic.Models.Experts;

namespace Moesaic.Models.Tests.Experts;

public class BalanceObjectivesTests
{
    [Fact]
    public void Uniform_routing_has_the_value_one_and_collapse_the_number_of_experts()
    {
        Assert.Equal(1, BalanceObjectives.LoadBalanceValue([0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]), 1e-12);
        Assert.Equal(4, BalanceObjectives.LoadBalanceValue([0, 1, 0, 0], [0, 1, 0, 0]), 1e-12);
    }

    [Fact]
    public void It_grows_with_the_skew()
    {
        // The objective as first shipped by some libraries is constant, whatever the routing; this one must not be.
        double before = 0;
        for (var skew = 0.25; skew <= 1; skew += 0.05)
        {
            var rest = (1 - skew) / 3;
            var value = BalanceObjectives.LoadBalanceValue([skew, rest, rest, rest], [skew, rest, rest, rest]);
            Assert.True(value > before);
            before = value;
        }
    }
}

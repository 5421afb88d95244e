using Moesaic.Methods.Demo;

namespace Moesaic.Methods.Tests.Demo;

/// <summary>When the demo counts as a mixture that works again.</summary>
public class DemoResultTests
{
    [Fact]
    public void Closure_is_the_part_of_the_gap_to_the_control_that_was_won_back()
    {
        var result = Result(split: 5, mixture: 3.2, control: 3, random: 4);
        Assert.Equal(0.9, result.Closure, 1e-12);
        Assert.Equal(0.8, result.RouterGain, 1e-12);
        Assert.Empty(result.Failures);
    }

    [Theory]
    [InlineData(3.31, 4, 0, "84.5")]            // just below 85 % of the gap
    [InlineData(3.2, 4, 2, "2 experts are dead")]
    [InlineData(3.2, 3.29, 0, "random router")]
    [InlineData(double.NaN, 4, 0, "closed")]     // what cannot be measured does not pass
    public void Each_bar_is_held(double mixture, double random, int dead, string says)
    {
        var failures = Result(split: 5, mixture, control: 3, random, dead).Failures;
        Assert.Contains(failures, f => f.Contains(says, StringComparison.Ordinal));
    }

    static DemoResult Result(double split, double mixture, double control, double random, int dead = 0)
    {
        DemoRow Row(double loss) => new("", loss, 1, 1, 1);
        return new DemoResult(Row(2.9), Row(split), Row(mixture), Row(control), Row(random), new DemoSpeed(1, 1, 1, 1, 1), dead, "", true);
    }
}

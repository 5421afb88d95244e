using Moesaic.Cli.Recipes;
using Moesaic.Formats;

namespace Moesaic.Cli.Tests.Recipes;

public class RecipeOverridesTests
{
    static Recipe Read(params string[] settings) => RecipeReaderTests.Reader.Read(RecipeReaderTests.Yaml, "r.yaml", settings);

    static SampleOptions First(params string[] settings) => (SampleOptions)Read(settings).Steps[0].Options;

    [Fact]
    public void Values_are_replaced_and_added()
    {
        Assert.Equal(4, First("steps.0.sample.experts=4").Experts);
        Assert.Equal("x.txt", First("steps.0.sample.data={ tokens: 3 }", "steps.0.sample.data.path=x.txt").Data.Path);
        Assert.Equal([SampleMethod.TokenClusters, SampleMethod.Random], First("steps.0.sample.roles=[token_clusters, random]").Roles);
        Assert.Equal("b", First("steps.0.sample.mixture.0.path=a", "steps.0.sample.mixture.1.path=b").Mixture[1].Path);
        Assert.Equal("a=b", First("steps.0.sample.title=a=b").Title);
        Assert.Null(First("steps.0.sample.title=x", "steps.0.sample.title=").Title);
        Assert.Equal(9ul, Read("seed=9").Seed);
    }

    [Fact]
    public void A_step_without_options_takes_settings() =>
        Assert.Equal(7, ((SampleOptions)Read("steps.1.sample.experts=7").Steps[1].Options).Experts);

    [Theory]
    [InlineData("steps.0.sample.expert=4", "--set steps.0.sample.expert=4: steps.0.sample: unknown key 'expert'; did you mean 'experts'?")]
    [InlineData("steps.0.sample.experts=x", "--set steps.0.sample.experts=x: steps.0.sample.experts: 'x' is not a whole number")]
    [InlineData("steps.5.sample.experts=4", "'steps' is a list of 2; '5' is none of its places 0 to 2")]
    [InlineData("steps.one.sample.experts=4", "'one' is none of its places")]
    [InlineData("seed.x=4", "'seed' is a single value (r.yaml:4:7), it has no 'x'")]
    [InlineData("seed", "write path=value")]
    [InlineData("=4", "write path=value")]
    [InlineData("sede=4", "--set sede=4: unknown key 'sede'; did you mean 'seed'?")]
    [InlineData("seed=[1", "--set seed=[1: not valid YAML")]
    public void Mistakes_name_the_setting(string setting, string message) =>
        Assert.Contains(message, Assert.Throws<BadRequestException>(() => Read(setting)).Message, StringComparison.Ordinal);
}

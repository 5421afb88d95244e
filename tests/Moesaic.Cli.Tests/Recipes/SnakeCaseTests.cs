using Moesaic.Cli.Recipes;

namespace Moesaic.Cli.Tests.Recipes;

public class SnakeCaseTests
{
    [Theory]
    [InlineData("LearningRate", "learning_rate")]
    [InlineData("Seed", "seed")]
    [InlineData("KLWeight", "kl_weight")]
    [InlineData("Top2Gap", "top2_gap")]
    [InlineData("Adam", "adam")]
    [InlineData("UseBF16", "use_bf16")]
    public void Names(string name, string expected) => Assert.Equal(expected, SnakeCase.Of(name));
}

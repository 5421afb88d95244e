using Moesaic.Cli.Recipes;

namespace Moesaic.Cli.Tests.Recipes;

public class NearestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("ab", "ba", 1)]
    [InlineData("experts", "expert", 1)]
    public void Edits_are_counted(string a, string b, int edits)
    {
        Assert.Equal(edits, NearestName.Distance(a, b));
        Assert.Equal(edits, NearestName.Distance(b, a));
    }

    [Theory]
    [InlineData("lr", null)]
    [InlineData("LearningRate", "learning_rate")]
    [InlineData("seed", "seed")]
    [InlineData("batchsize", "batch_size")]
    public void Only_slips_are_guessed(string name, string? expected) =>
        Assert.Equal(expected, NearestName.Of(name, ["seed", "learning_rate", "batch_size", "output"]));
}

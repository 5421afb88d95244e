using Moesaic.Cli.Recipes;
using Moesaic.Formats;

namespace Moesaic.Cli.Tests.Recipes;

public class GridReaderTests
{
    static Recipe Read(string cells) => RecipeReaderTests.Reader.Read(RecipeReaderTests.Yaml + "\ngrid:\n  cells:\n    - " + cells, "g.yaml");

    static int Experts(GridCell cell) => ((SampleOptions)cell.Recipe.Steps[0].Options).Experts;

    [Fact]
    public void Lists_are_multiplied_out()
    {
        var recipe = Read("{ steps.0.sample.experts: [2, 4, 8], seed: [1, 2] }");
        Assert.Equal(["2-1", "2-2", "4-1", "4-2", "8-1", "8-2"], recipe.Cells.Select(c => c.Name));
        Assert.Equal([2, 2, 4, 4, 8, 8], recipe.Cells.Select(Experts));
        Assert.Equal([1ul, 2, 1, 2, 1, 2], recipe.Cells.Select(c => c.Recipe.Seed));
        Assert.Equal(Path.Combine("out/demo", "4-2"), recipe.Cells[3].Recipe.Output);
        Assert.All(recipe.Cells, c => Assert.Empty(c.Recipe.Cells));
    }

    [Fact]
    public void A_name_speaks_of_values_by_the_end_of_their_path() =>
        Assert.Equal(["e2-of-s7", "e4-of-s7"],
            Read("{ name: \"e{experts}-of-s{seed}\", steps.0.sample.experts: [2, 4], seed: 7 }").Cells.Select(c => c.Name));

    [Fact]
    public void Steps_can_be_replaced_as_a_whole()
    {
        var cell = Assert.Single(Read("{ name: one, steps: [[ { sample: { experts: 5 } } ]] }").Cells);
        Assert.Equal(5, Experts(cell));
        Assert.Single(cell.Recipe.Steps);
    }

    [Theory]
    [InlineData("{ seed: [1, 1] }", "two cells are called '1'")]
    [InlineData("{ seed: [] }", "seed has no values")]
    [InlineData("{ output: [a, b] }", "output cannot differ between cells")]
    [InlineData("{ name: \"{expert}\", steps.0.sample.experts: [2, 4] }", "name speaks of {expert}, which no path")]
    [InlineData("{ name: ../x, seed: 2 }", "'../x' is the name of a folder")]
    [InlineData("{ steps: [[ { sample: { experts: 5 } } ]] }", "need the key name")]
    [InlineData("{ steps.0.sample.expert: [2, 4] }", "unknown key 'expert'")]
    [InlineData("{}", "cells are a mapping of paths to values")]
    public void Mistakes_are_named(string cells, string message) =>
        Assert.Contains(message, Assert.Throws<BadRequestException>(() => Read(cells)).Message, StringComparison.Ordinal);
}

using Moesaic.Cli.Recipes;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Tests.Recipes;

public class RecipeReaderTests
{
    public const string Yaml = """
        moesaic: 1
        model: models/demo
        output: out/demo
        seed: 3
        steps:
          - sample: { experts: 8, data: docs }
          - sample: { experts: 2, title: "null" }
        """;

    internal static readonly RecipeReader Reader =
        new([StepKind.Of<SampleOptions>("sample", "For tests.", _ => throw new NotSupportedException())]);

    [Fact]
    public void A_recipe_is_read()
    {
        var recipe = Reader.Read(Yaml, "r.yaml");
        Assert.Equal(("models/demo", "out/demo", 3ul), (recipe.Model, recipe.Output, recipe.Seed));
        Assert.Equal(["sample", "sample"], recipe.Steps.Select(s => s.Kind.Verb));
        Assert.Equal(8, ((SampleOptions)recipe.Steps[0].Options).Experts);
    }

    [Theory]
    [InlineData("moesaic: 1", "moesaic: 2", "r.yaml:1:10: moesaic: this tool reads recipes of version 1")]
    [InlineData("model:", "modell:", "r.yaml:2:1: unknown key 'modell'; did you mean 'model'?")]
    [InlineData("- sample: { experts: 8", "- smaple: { experts: 8", "r.yaml:6:5: steps.0: unknown step 'smaple'; did you mean 'sample'? Known: sample.")]
    [InlineData("- sample: { experts: 8", "- sample: { expert: 8", "r.yaml:6:15: steps.0.sample: unknown key 'expert'")]
    [InlineData("- sample: { experts: 8, data: docs }", "- sample", "a step is one verb with its options")]
    [InlineData("- sample: { experts: 8, data: docs }", "- { sample: {}, other: {} }", "a step is one verb with its options")]
    [InlineData("- sample: { experts: 8, data: docs }", "- sample:", "steps.0.sample: key 'experts' is missing")]
    public void Mistakes_are_named(string old, string replacement, string message) =>
        Assert.Contains(message, Assert.Throws<BadRequestException>(
            () => Reader.Read(Yaml.Replace(old, replacement, StringComparison.Ordinal), "r.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void Steps_are_needed() =>
        Assert.Contains("no steps", Assert.Throws<BadRequestException>(
            () => Reader.Read("moesaic: 1\nmodel: a\noutput: b\nsteps: []", "r.yaml")).Message, StringComparison.Ordinal);

    [Fact]
    public void The_resolved_recipe_spells_out_every_default_and_reads_back_equal()
    {
        var yaml = Reader.Read(Yaml, "r.yaml").ToYaml();
        Assert.Contains("learning_rate: 0.001\n", yaml, StringComparison.Ordinal);
        Assert.Contains("method: token_clusters\n", yaml, StringComparison.Ordinal);
        var again = Reader.Read(yaml, "again.yaml");
        Assert.Equal(yaml, again.ToYaml());
        Assert.Equal("null", ((SampleOptions)again.Steps[1].Options).Title);
    }
}

using Moesaic.Cli.Presets;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Creation;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;

namespace Moesaic.Cli.Tests.Presets;

public class PresetTests
{
    const string Recipe = """
        moesaic: 1
        preset: olmoe
        model: recipes/routers
        output: out/x
        steps:
          - create: { data: [dotnet-docs], mixture: { router: { chosen: 4 } } }
          - train: { data: [dotnet-docs], tokens: 1000, z_loss: 0.5 }
          - train: { data: [dotnet-docs], tokens: 1000 }
        """;

    public static TheoryData<string> Names => [.. PresetLibrary.All.Keys];

    static Recipe Read(string yaml) => new RecipeReader(Composition.Steps).Read(yaml, "r.yaml");

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_shown_is_the_whole_recipe(string name)
    {
        var shown = PresetRecipe.Write(name, Composition.Steps);
        var recipe = Read(shown);
        Assert.Null(recipe.Preset);
        Assert.Equal(PresetRecipe.Bind(name, Composition.Steps).ToYaml(), recipe.ToYaml());
        Assert.StartsWith($"# {PresetLibrary.All[name].System}: ", shown, StringComparison.Ordinal);
        Assert.All(shown.Split('\n').Where(l => l.StartsWith('#')), l => Assert.InRange(l.Length, 3, 120));
    }

    [Fact]
    public void What_the_recipe_says_itself_goes_over_the_preset()
    {
        var recipe = Read(Recipe);
        var router = ((CreateStepOptions)recipe.Steps[0].Options).Mixture!.Router;
        Assert.Equal((64, 4, CombineWeight.Raw), (router.Experts, router.Chosen, router.Weight));
        Assert.Equal([(0.01, 0.5), (0.01, 0.001)], recipe.Steps.Skip(1).Select(s => (TrainStepOptions)s.Options).Select(o => (o.LoadBalance, o.ZLoss)));
    }

    [Fact]
    public void A_cell_of_a_grid_can_have_a_preset_of_its_own()
    {
        var recipe = Read(Recipe.Replace("preset: olmoe\n", "", StringComparison.Ordinal).Replace("{ router: { chosen: 4 } }", "{ router: { experts: 4, chosen: 1 } }", StringComparison.Ordinal)
            + "\ngrid:\n  cells: [ { preset: [mixtral, olmoe] } ]");
        Assert.Equal([CombineWeight.Renormalised, CombineWeight.Raw],
            recipe.Cells.Select(c => ((CreateStepOptions)c.Recipe.Steps[0].Options).Mixture!.Router.Weight));
    }

    [Fact]
    public void A_name_that_is_none_is_refused_with_the_nearest() =>
        Assert.Contains("r.yaml:2:9: unknown preset 'olmeo'; did you mean 'olmoe'? Known:",
            Assert.Throws<BadRequestException>(() => Read(Recipe.Replace("olmoe", "olmeo", StringComparison.Ordinal))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_preset_for_no_new_model_is_refused()
    {
        var steps = Recipe[..Recipe.IndexOf("  - create", StringComparison.Ordinal)] + "  - train: { data: [dotnet-docs], tokens: 1000 }";
        Assert.Contains("no such step", Assert.Throws<BadRequestException>(() => Read(steps)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_in_a_preset_is_told_with_its_file() =>
        Assert.Contains("x.yaml:3:1: unknown key 'papr'", Assert.Throws<BadRequestException>(() =>
            PresetLibrary.Read("system: X\nidea: none\npapr: Y", "x.yaml")).Message, StringComparison.Ordinal);
}

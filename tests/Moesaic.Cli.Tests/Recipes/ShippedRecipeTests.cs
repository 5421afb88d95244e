using System.Runtime.CompilerServices;
using Moesaic.Cli.Recipes;

namespace Moesaic.Cli.Tests.Recipes;

/// <summary>The recipes of the repository can be read by this tool and name folders of the repository, or what another recipe writes.</summary>
public class ShippedRecipeTests
{
    static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(here, "../../../.."));

    static string Folder => Path.Combine(Root(), "recipes");

    public static TheoryData<string> Recipes => [.. Directory.GetFiles(Folder, "*.yaml", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Folder, f))];

    static readonly Lazy<HashSet<string>> Written = new(() =>
        [.. Recipes.Select(r => new RecipeReader(Composition.Steps).ReadFile(Path.Combine(Folder, r.Data), [])).SelectMany(r => r.Cells.Select(c => c.Recipe.Output).Prepend(r.Output))]);

    [Theory]
    [MemberData(nameof(Recipes))]
    public void It_binds_and_its_model_is_there(string name)
    {
        var recipe = new RecipeReader(Composition.Steps).ReadFile(Path.Combine(Folder, name), []);
        Assert.True(File.Exists(Path.Combine(Root(), recipe.Model, "config.json")) || Written.Value.Contains(recipe.Model), $"{recipe.Model} is no model folder, nor does a recipe write it");
        Assert.StartsWith("out/", recipe.Output, StringComparison.Ordinal);
    }
}

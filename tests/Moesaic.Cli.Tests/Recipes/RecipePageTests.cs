using Moesaic.Cli.Recipes;
using Moesaic.Cli.Tests.Verbs;

namespace Moesaic.Cli.Tests.Recipes;

public class RecipePageTests
{
    [Fact]
    public void Every_key_has_type_default_unit_and_meaning()
    {
        var page = RecipePage.Write([SampleVerbStep.Sample]);
        Assert.Contains("| `seed` | whole number that is not negative | `1` |  | The only source of randomness", page, StringComparison.Ordinal);
        Assert.Contains("| `experts` | whole number, 1 to 256 | needed | experts | Experts per layer. |", page, StringComparison.Ordinal);
        Assert.Contains("| `learning_rate` | number, 0 to 1 | `0.001` |  | Step of the optimiser. |", page, StringComparison.Ordinal);
        Assert.Contains("| `data` | mapping | see below |  | Text to measure on. |\n| `data.path` | text | needed |  | A file or folder. |", page, StringComparison.Ordinal);
        Assert.Contains("| `mixture[].tokens` | whole number | `1000` |", page, StringComparison.Ordinal);
        Assert.Contains("Choices of `method`:\n\n- `random`:", page, StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_in_the_repository_is_up_to_date()
    {
        var path = Path.Combine(RepositoryRoot(), "docs", "recipes.md");
        Assert.True(File.ReadAllText(path) == RecipePage.Write(Composition.Steps), $"{path} is old: run 'moesaic recipes keys > docs/recipes.md'.");
    }

    [Fact]
    public void Every_command_has_a_section_in_the_documentation()
    {
        var text = File.ReadAllText(Path.Combine(RepositoryRoot(), "docs", "cli.md"));
        Assert.All(Composition.Verbs.Where(v => !v.Hidden), v => Assert.Contains($"\n## {v.Name}\n", text, StringComparison.Ordinal));
        Assert.All(Composition.Verbs, v => Assert.NotEmpty(v.Examples));
    }

    static string RepositoryRoot([System.Runtime.CompilerServices.CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", ".."));
}

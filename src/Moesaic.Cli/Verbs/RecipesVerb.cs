using System.CommandLine;
using Moesaic.Cli.Presets;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic recipes: the published systems that a recipe can name, one of them spelled out, or docs/recipes.md.</summary>
sealed class RecipesVerb : Verb
{
    readonly IReadOnlyList<StepKind> kinds;
    readonly Argument<string?> what = new("what")
    {
        Description = "list: the published systems; show: one as a whole recipe; keys: every key of a recipe as Markdown",
        Arity = ArgumentArity.ZeroOrOne,
        HelpName = "list|show|keys",
    };
    readonly Argument<string?> name = new("name") { Description = "Which one to show", Arity = ArgumentArity.ZeroOrOne };

    public RecipesVerb(IReadOnlyList<StepKind> kinds)
        : base("recipes", "List the published systems that a recipe can name; print one spelled out, or all keys of a recipe")
    {
        this.kinds = kinds;
        Add(what);
        Add(name);
    }

    public override IReadOnlyList<string> Examples => ["recipes", "recipes show switch > switch.yaml", "recipes keys > docs/recipes.md"];

    public override void Run(ParseResult parsed, Session session)
    {
        var (asked, system) = (parsed.GetValue(what) ?? "list", parsed.GetValue(name));
        if (asked != "show" && system is not null)
            throw new BadRequestException($"recipes {asked} takes no name; recipes show {system} prints one system.");
        switch (asked)
        {
            case "list":
                session.View.Table(new ReportTable("Published systems", ["preset", "system", "idea"],
                    [.. PresetLibrary.All.Select(p => (IReadOnlyList<string>)[p.Key, p.Value.System, p.Value.Idea])]));
                break;
            case "show":
                session.View.Text(PresetRecipe.Write(
                    system ?? throw new BadRequestException($"recipes show needs a name: {string.Join(", ", PresetLibrary.All.Keys)}."), kinds));
                break;
            case "keys":
                session.View.Text(RecipePage.Write(kinds));
                break;
            default:
                throw new BadRequestException($"recipes: unknown '{asked}'{NearestName.Advice(asked, ["list", "show", "keys"])}");
        }
    }
}

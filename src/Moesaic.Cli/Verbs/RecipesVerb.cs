using System.CommandLine;
using Moesaic.Cli.Recipes;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic recipes: docs/recipes.md, made from the options' types.</summary>
sealed class RecipesVerb : Verb
{
    readonly IReadOnlyList<StepKind> kinds;

    public RecipesVerb(IReadOnlyList<StepKind> kinds)
        : base("recipes", "Print every key of a recipe with type, default, unit and meaning, as Markdown")
    {
        this.kinds = kinds;
        Hidden = true;
    }

    public override IReadOnlyList<string> Examples => ["recipes > docs/recipes.md"];

    public override void Run(ParseResult parsed, Session session) => session.View.Text(RecipePage.Write(kinds));
}

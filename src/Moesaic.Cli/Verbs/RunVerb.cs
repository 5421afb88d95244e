using System.CommandLine;
using Moesaic.Cli.Recipes;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic run recipe.yaml: all steps of a recipe, resumable.</summary>
sealed class RunVerb : Verb
{
    readonly RecipeReader reader;
    readonly Argument<string> recipe = new("recipe") { Description = "Recipe file (YAML)" };
    readonly Option<string[]> settings = new("--set")
    {
        Description = "Replace a value of the recipe: path=value; may be given several times",
        HelpName = "path=value",
        Arity = ArgumentArity.OneOrMore,
    };
    readonly Option<bool> dryRun = RecipeExecution.DryRun();
    readonly Option<bool> restart = RecipeExecution.Restart();

    public RunVerb(IReadOnlyList<StepKind> kinds)
        : base("run", "Run a recipe; the same command goes on where it was stopped")
    {
        reader = new RecipeReader(kinds);
        Add(recipe);
        Add(settings);
        Add(dryRun);
        Add(restart);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "run recipes/demo.yaml --dry-run",
        "run recipes/demo.yaml",
        "run recipes/demo.yaml --set output=out/other --set steps.0.split.experts=4",
    ];

    public override void Run(ParseResult parsed, Session session) => RecipeExecution.Execute(
        reader.ReadFile(parsed.GetRequiredValue(recipe), parsed.GetValue(settings) ?? []),
        parsed.GetValue(dryRun), parsed.GetValue(restart), session);
}

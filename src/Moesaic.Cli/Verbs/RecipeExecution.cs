using System.CommandLine;
using System.Text.Json.Nodes;
using Moesaic.Cli.Recipes;
using Moesaic.Cli.Ui;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Verbs;

/// <summary>The end that every verb with steps shares: plan only, or run and report.</summary>
static class RecipeExecution
{
    public static Option<bool> DryRun() => new("--dry-run") { Description = "Print the plan with memory and time, run nothing" };

    public static Option<bool> Restart() => new("--restart")
    {
        Description = "Discard earlier results from the first changed step on, instead of refusing",
    };

    public static void Execute(Recipe recipe, bool dryRun, bool restart, Session session)
    {
        if (recipe.Grid is { } grid)
        {
            ExecuteGrid(recipe, grid, dryRun, restart, session);
            return;
        }
        var run = Resolve(recipe);
        if (dryRun)
        {
            session.View.Plan(RecipePlanner.Plan(run));
            return;
        }
        foreach (var (verb, report) in new RecipeRunner(run, session.View, restart, session.Cancellation).Run())
            session.View.Report(verb, report);
    }

    static void ExecuteGrid(Recipe recipe, GridOptions grid, bool dryRun, bool restart, Session session)
    {
        var run = new GridRun
        {
            Output = recipe.Output, Figures = grid.Figures, Plot = grid.Plot,
            Cells = [.. recipe.Cells.Select(c => (c.Name, Resolve(c.Recipe)))],
        };
        var plans = GridRunner.Plan(run);
        if (dryRun)
            session.View.Table(GridPlanTable.Of(run, plans));
        else
            session.View.Table(new GridRunner(run, session.View, restart, session.Cancellation).Run());
    }

    static RecipeRun Resolve(Recipe recipe) => new()
    {
        Model = recipe.Model,
        Output = recipe.Output,
        Seed = recipe.Seed,
        RecipeText = recipe.ToYaml(),
        Steps =
        [
            .. recipe.Steps.Select(s =>
                new RecipeStep(s.Kind.Verb, (JsonObject)OptionsJson.Of(s.Options)!, s.Kind.Create(s.Options))),
        ],
    };
}

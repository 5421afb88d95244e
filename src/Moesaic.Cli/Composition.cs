using Moesaic.Cli.Verbs;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli;

/// <summary>The one place where the tool is put together: which steps a recipe may name and which commands there are.</summary>
static class Composition
{
    /// <summary>Steps of recipes, in the order of the documentation.</summary>
    public static IReadOnlyList<StepKind> Steps { get; } = [];

    /// <summary>Commands, in the order of the help.</summary>
    public static IReadOnlyList<Verb> Verbs { get; } = [new InspectVerb(), new RunVerb(Steps), new RecipesVerb(Steps)];
}

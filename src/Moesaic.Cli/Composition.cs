using Moesaic.Cli.Verbs;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;

namespace Moesaic.Cli;

/// <summary>The one place where the tool is put together: which steps a recipe may name and which commands there are.</summary>
static class Composition
{
    /// <summary>Steps of recipes, in the order of the documentation.</summary>
    public static IReadOnlyList<StepKind> Steps { get; } =
    [
        StepKind.Of<CreateStepOptions>("create", "Make a model with random weights and a tokenizer of its own", o => new CreateStep(o)),
        StepKind.Of<TrainStepOptions>("train", "Train a model: continued pre-training or fine-tuning", o => new TrainStep(o)),
    ];

    /// <summary>Commands, in the order of the help.</summary>
    public static IReadOnlyList<Verb> Verbs { get; } = [new InspectVerb(), new RunVerb(Steps), new RecipesVerb(Steps)];
}

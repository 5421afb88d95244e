using Moesaic.Cli.Tests.Recipes;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Tests.Verbs;

/// <summary>A step that copies its model, or fails in the way its title says.</summary>
sealed class SampleVerbStep(SampleOptions options, bool writesModel) : IStep
{
    public bool WritesModel => writesModel;

    public static StepKind Sample { get; } = StepKind.Of<SampleOptions>("sample", "Copies a model", o => new SampleVerbStep(o, writesModel: true));

    public static StepKind Measure { get; } = StepKind.Of<SampleOptions>("measure", "Measures a model", o => new SampleVerbStep(o, writesModel: false));

    public StepPlan Plan(PlanContext context) => new()
    {
        Summary = $"{options.Experts} experts", ReadBytes = 1, PeakMemoryBytes = 1, OutputBytes = 1, Seconds = 1,
    };

    public StepReport Run(StepContext context)
    {
        switch (options.Title)
        {
            case "bad model": throw new BadModelException("tensor x is damaged");
            case "defect": throw new AggregateException(new InvalidOperationException("oops"));
            case "memory": throw new OutOfMemoryException("2 TB wanted.");
            case "cancelled": throw new OperationCanceledException();
        }
        if (writesModel)
        {
            Directory.CreateDirectory(context.OutputFolder);
            File.Copy(Path.Combine(context.InputFolder, "config.json"), Path.Combine(context.OutputFolder, "config.json"));
        }
        return new StepReport { Summary = $"Made {options.Experts} experts.", Figures = [new Figure("seed", context.Seed)] };
    }
}

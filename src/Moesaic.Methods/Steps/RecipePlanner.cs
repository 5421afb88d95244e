using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Methods.Steps;

/// <summary>Plans a recipe step by step on the outlines of the models, so that mistakes show before any weight is read.</summary>
public static class RecipePlanner
{
    /// <summary>Plans every step on what the one before it is going to write.</summary>
    /// <exception cref="BadRequestException">A step cannot do what is asked; the message names it.</exception>
    /// <exception cref="BadModelException">The source model cannot be used.</exception>
    public static RunPlan Plan(RecipeRun run)
    {
        RefuseClash(run);
        if (GgufFile.Is(run.Model) && run.Steps.FirstOrDefault(s => s.Step.WritesModel) is { } writes)
            throw new BadRequestException($"{writes.Verb} works on folders, {run.Model} is a GGUF file; write it as one first: "
                + $"moesaic convert {run.Model} folder");
        var (model, plans) = (ModelOutline.Read(run.Model), new List<(string, StepPlan)>());
        for (var i = 0; i < run.Steps.Count; i++)
        {
            var (verb, _, step) = run.Steps[i];
            try
            {
                var plan = step.Plan(new PlanContext { Model = model, Seed = run.Seed, Threads = WorkerTeam.Threads, Earlier = [.. plans.Select(p => p.Item1)] });
                plans.Add((verb, plan));
                model = plan.Model ?? model;
            }
            catch (BadRequestException e)
            {
                throw new BadRequestException(FormattableString.Invariant($"step {i + 1}, {verb}: {e.Message}"), e);
            }
        }
        return new RunPlan(plans);
    }

    static void RefuseClash(RecipeRun run)
    {
        var (model, output) = (Normal(run.Model), Normal(run.Output));
        if (model.StartsWith(output, StringComparison.Ordinal) || output.StartsWith(model, StringComparison.Ordinal)
            || model.StartsWith(Normal(run.WorkFolder), StringComparison.Ordinal))
        {
            throw new BadRequestException(
                $"the output {run.Output} and the model {run.Model} lie in one another; inputs are never changed, "
                + "choose another output.");
        }

        static string Normal(string path) =>
            Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)) + Path.DirectorySeparatorChar;
    }
}

using System.Diagnostics;
using Moesaic.Formats;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;

namespace Moesaic.Methods.Steps;

/// <summary>
/// Runs a recipe so that it can be killed at any moment and taken up by the same command: each step has a folder with the
/// state it was made from, finished steps are not run again, and a step whose options, inputs, seed or tool changed is
/// never mixed with what was there.
/// </summary>
public sealed class RecipeRunner
{
    readonly RecipeRun run;
    readonly IProgressReporter progress;
    readonly CancellationToken cancellation;
    readonly bool restart;

    /// <param name="run">The recipe.</param>
    /// <param name="progress">Who is told.</param>
    /// <param name="restart">Discard earlier results from the first changed step on, instead of refusing.</param>
    /// <param name="cancellation">Makes the running step save its state and stop.</param>
    public RecipeRunner(RecipeRun run, IProgressReporter progress, bool restart = false, CancellationToken cancellation = default)
    {
        this.run = run;
        this.progress = progress;
        this.restart = restart;
        this.cancellation = cancellation;
    }

    /// <summary>Plans, runs what is not finished, and publishes the output folder.</summary>
    /// <returns>The reports of all steps with their verbs, earlier finished ones included.</returns>
    /// <exception cref="BadRequestException">The plan fails, or earlier results were made from something else.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same run goes on from there.</exception>
    public IReadOnlyList<(string Verb, StepReport Report)> Run()
    {
        var plan = RecipePlanner.Plan(run);
        RefuseForeignOutput();
        Directory.CreateDirectory(run.WorkFolder);
        using var guard = Lock();
        AtomicFile.WriteText(Path.Combine(run.WorkFolder, "recipe.yaml"), run.RecipeText);
        if (run.Steps.Any(s => s.Step.WritesModel) && !SourceCard.Read(run.Model).StatesLicence)
            progress.Warn($"{run.Model} has no README.md that states a licence; clear the rights before you share the result.");

        var (input, lastModel, documents) = (run.Model, (string?)null, new List<StepReportDocument>());
        var results = new List<(string Verb, string Folder)>();
        for (var i = 0; i < run.Steps.Count; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            var folder = new StepFolder(run.WorkFolder, i + 1, run.Steps[i].Verb);
            var state = Identity(run.Steps[i], plan.Steps[i].Plan, input);
            var finished = TakeUp(folder, state, i);
            documents.Add(finished ? folder.LoadReport() : RunStep(i, folder, state, input, plan.Steps[i].Plan, documents, results));
            results.Add((run.Steps[i].Verb, StepContext.ResultsOf(folder.Work)));
            if (run.Steps[i].Step.WritesModel) input = lastModel = folder.Model;
        }
        OutputFolder.Publish(run, lastModel, documents, [.. results.Select(r => r.Folder)], progress, cancellation);
        return [.. documents.Select(d => (d.Verb, d.ToReport()))];
    }

    StepState Identity(RecipeStep step, StepPlan plan, string model)
    {
        var inputs = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["model"] = Fingerprint.Of("model", model, progress, cancellation),
        };
        foreach (var (name, path, hash) in plan.Inputs)
            inputs[name] = path is null ? hash ?? "" : Fingerprint.Of(name, path, progress, cancellation);
        return new StepState
        {
            Verb = step.Verb, Tool = RunEnvironment.ToolVersion, Seed = run.Seed, Options = step.Options, Inputs = inputs,
        };
    }

    /// <summary>Looks at what an earlier run left for this step.</summary>
    /// <returns>True when the step is finished and stands.</returns>
    bool TakeUp(StepFolder folder, StepState state, int index)
    {
        if (folder.EarlierState() is not { } earlier) return false;
        var name = FormattableString.Invariant($"step {index + 1}, {state.Verb}");
        if (state.DifferencesFrom(earlier) is { Count: > 0 } changes)
        {
            if (!restart)
            {
                throw new BadRequestException(
                    $"{name}: {run.WorkFolder} holds results made from something else:\n  {string.Join("\n  ", changes)}\n"
                    + "Run with --restart to discard this step and those after it, or choose another output.");
            }
            progress.Note($"{name}: discarding earlier results: {string.Join("; ", changes)}");
            folder.DiscardFromHere();
            return false;
        }
        progress.Note(earlier.Finished ? $"{name}: finished earlier" : $"{name}: goes on where it stopped");
        return earlier.Finished;
    }

    StepReportDocument RunStep(
        int index, StepFolder folder, StepState state, string input, StepPlan plan, List<StepReportDocument> before,
        List<(string Verb, string Folder)> results)
    {
        var step = run.Steps[index];
        progress.Note(FormattableString.Invariant($"step {index + 1} of {run.Steps.Count}, {step.Verb}: {plan.Summary}"));
        Directory.CreateDirectory(folder.Work);
        AtomicFile.RemoveLeftovers(folder.Work);
        state.Save(folder.State);
        if (Directory.Exists(folder.Model)) Directory.Delete(folder.Model, recursive: true);
        DiskSpace.Require(folder.Path, plan.OutputBytes, folder.Path);

        var (recording, clock) = (new RecordingProgress(progress), Stopwatch.StartNew());
        var report = step.Step.Run(new StepContext
        {
            InputFolder = input,
            OutputFolder = folder.Model,
            WorkFolder = folder.Work,
            Seed = run.Seed,
            Progress = recording,
            Previous = [.. before.Select(d => (d.Verb, d.ToReport()))],
            Results = [.. results],
            Cancellation = cancellation,
        });
        var document = StepReportDocument.Of(index + 1, state, report, recording.Warnings, clock.Elapsed.TotalSeconds);
        if (step.Step.WritesModel)
            AtomicFile.WriteText(Path.Combine(folder.Model, "README.md"), ModelCard.Write(run, folder.Model, [.. before, document]));
        folder.SaveReport(document);
        (state with { Finished = true }).Save(folder.State);
        return document;
    }

    void RefuseForeignOutput()
    {
        var taken = Directory.Exists(run.Output) && Directory.EnumerateFileSystemEntries(run.Output).Any();
        if (taken && !Directory.Exists(run.WorkFolder))
            throw new BadRequestException($"{run.Output} exists and was not made by this recipe; choose another output or delete it.");
        if (File.Exists(run.Output))
            throw new BadRequestException($"{run.Output} is a file, a folder is needed; choose another output.");
    }

    FileStream Lock()
    {
        try
        {
            return new FileStream(Path.Combine(run.WorkFolder, ".lock"), FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException e)
        {
            throw new BadRequestException($"{run.WorkFolder} is in use by another run; wait for it or choose another output.", e);
        }
    }
}

using System.Globalization;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Steps;

/// <summary>
/// A step that works in units: each adds a line to the weights, is saved in the work folder, and may be interrupted.
/// </summary>
sealed class SampleStep(string mark, int units = 3, bool writesModel = true, string? data = null) : IStep
{
    public int UnitsDone { get; private set; }

    public CancellationTokenSource? CancelAfterFirstUnit { get; init; }

    public string? Refusal { get; init; }

    public double Figure { get; init; } = 1.5;

    public bool WritesModel => writesModel;

    public RecipeStep As(string verb) =>
        new(verb, new JsonObject { ["mark"] = mark, ["units"] = units, ["nested"] = new JsonObject { ["list"] = new JsonArray(1, 2) } }, this);

    public StepPlan Plan(PlanContext context) => Refusal is not null
        ? throw new BadRequestException(Refusal)
        : new StepPlan
        {
            Summary = $"{units} units of {mark}",
            Inputs = data is null ? [] : [new StepInput("data", data)],
            ReadBytes = context.Model.WeightBytes,
            PeakMemoryBytes = 1000,
            Seconds = 2,
            OutputBytes = 10,
            Model = context.Model with { WeightBytes = context.Model.WeightBytes + units },
        };

    public StepReport Run(StepContext context)
    {
        var saved = Path.Combine(context.WorkFolder, "units");
        var done = File.Exists(saved) ? int.Parse(File.ReadAllText(saved), CultureInfo.InvariantCulture) : 0;
        while (done < units)
        {
            if (context.Cancellation.IsCancellationRequested) throw new OperationCanceledException(context.Cancellation);
            done++;
            UnitsDone++;
            AtomicFile.WriteText(saved, done.ToString(CultureInfo.InvariantCulture));
            CancelAfterFirstUnit?.Cancel();
        }
        context.Progress.Warn($"{mark} is only a sample");
        if (writesModel)
        {
            var weights = File.ReadAllText(Path.Combine(context.InputFolder, "model.safetensors"));
            Directory.CreateDirectory(context.OutputFolder);
            File.WriteAllText(Path.Combine(context.OutputFolder, "model.safetensors"),
                weights + string.Concat(Enumerable.Repeat(mark + "\n", units)) + $"seed {context.Seed}\n");
            File.Copy(Path.Combine(context.InputFolder, "config.json"), Path.Combine(context.OutputFolder, "config.json"));
        }
        return new StepReport
        {
            Summary = $"Added {units} units of {mark}.",
            Figures = [new Figure("units", units), new Figure("loss", Figure, "nats")],
            Tables = [new ReportTable("By unit", ["unit", "value"], [["a|b", "1"]])],
            Curves = [new Curve("loss", "nats", "units", [1, 2, 3], [3 * Figure, 2 * Figure, Figure])],
            Notes = [$"{context.Previous.Count} steps before"],
        };
    }
}

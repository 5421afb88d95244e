using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training.Balance;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>The history of a training run; saved with its state, so that a resumed run reports all of it.</summary>
public sealed partial record TrainingLog
{
    /// <summary>Every step.</summary>
    public List<TrainingStep> Steps { get; init; } = [];

    /// <summary>Held-out losses measured on the way.</summary>
    public List<HeldOutLoss> HeldOut { get; init; } = [];

    /// <summary>Losses of every domain on its own held-out text, measured on the way.</summary>
    public List<DomainLosses> Domains { get; init; } = [];

    /// <summary>The weights of the domains, each from a step on; empty when they are not mixed.</summary>
    public List<DomainWeights> Weights { get; init; } = [];

    /// <summary>The losses that dynamic weights are to reach, one a domain; empty without.</summary>
    public List<double> Reference { get; init; } = [];

    /// <summary>The router objectives of every step, each a sum over the layers, without coefficients; empty without routers.</summary>
    public Dictionary<string, List<double>> Objectives { get; init; } = new(StringComparer.Ordinal);

    /// <summary>The same layer by layer, at up to 20 steps.</summary>
    public List<LayerObjectives> ObjectivesOfLayers { get; init; } = [];

    /// <summary>The router objectives of one step, layer by layer.</summary>
    /// <param name="Step">Optimiser steps taken.</param>
    /// <param name="Values">Of each objective.</param>
    public sealed record LayerObjectives(int Step, IReadOnlyList<ObjectiveValues> Values);

    /// <summary>Adds those of a step.</summary>
    /// <param name="values">Of the step.</param>
    /// <param name="step">Optimiser steps taken.</param>
    /// <param name="steps">In all.</param>
    internal void AddObjectives(IReadOnlyList<ObjectiveValues> values, int step, int steps)
    {
        if (values.All(v => v.Layers.Length == 0)) return;
        foreach (var value in values)
        {
            if (!Objectives.TryGetValue(value.Name, out var course)) Objectives[value.Name] = course = [];
            course.Add(value.Sum);
        }
        if ((long)step * 20 / steps > (long)(step - 1) * 20 / steps) ObjectivesOfLayers.Add(new(step, values));
    }

    /// <summary>A held-out loss.</summary>
    /// <param name="Step">Optimiser steps taken.</param>
    /// <param name="Loss">Nats: per token the cross-entropy, or per pair the preference loss.</param>
    /// <param name="Accuracy">Of pairs, those whose better answer gained more; null without pairs.</param>
    /// <param name="Margin">Implicit reward of the better answer minus that of the worse one; null without pairs.</param>
    public readonly record struct HeldOutLoss(int Step, double Loss, double? Accuracy = null, double? Margin = null);

    /// <summary>Held-out losses of all domains.</summary>
    /// <param name="Step">Optimiser steps taken.</param>
    /// <param name="Losses">Nats per token, one a domain; null where the domain has no held-out text.</param>
    public sealed record DomainLosses(int Step, double?[] Losses);

    /// <summary>Takes over the history of an interrupted run.</summary>
    /// <param name="earlier">Its log.</param>
    public void Restore(TrainingLog earlier)
    {
        Take(Steps, earlier.Steps);
        Take(HeldOut, earlier.HeldOut);
        Take(Domains, earlier.Domains);
        Take(Weights, earlier.Weights);
        Take(Reference, earlier.Reference);
        Take(ObjectivesOfLayers, earlier.ObjectivesOfLayers);
        Objectives.Clear();
        foreach (var (name, course) in earlier.Objectives) Objectives[name] = [.. course];

        static void Take<T>(List<T> own, List<T> other)
        {
            own.Clear();
            own.AddRange(other);
        }
    }

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, LogContext.Default.TrainingLog);

    /// <summary>From JSON; null when it is none of a log.</summary>
    public static TrainingLog? FromJson(string json)
    {
        try
        {
            var log = JsonSerializer.Deserialize(json, LogContext.Default.TrainingLog);
            return log is { Steps: not null, HeldOut: not null, Domains: not null, Weights: not null, Reference: not null, Objectives: not null, ObjectivesOfLayers: not null } ? log : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The loss curve in at most <paramref name="rows"/> rows: means over equal stretches of steps.</summary>
    public ReportTable ToTable(int rows = 20)
    {
        var lines = new List<IReadOnlyList<string>>();
        var count = Math.Min(rows, Steps.Count);
        // Columns that only some objectives fill.
        var further = new (string Head, Func<TrainingStep, double?> Value)[]
        {
            ("divergence (nats)", s => s.Divergence), ("accuracy", s => s.Accuracy), ("margin", s => s.Margin), ("output z loss", s => s.OutputZLoss),
        }.Where(c => count > 0 && c.Value(Steps[0]) is not null).ToList();
        for (var r = 0; r < count; r++)
        {
            int from = (int)((long)Steps.Count * r / count), to = (int)((long)Steps.Count * (r + 1) / count);
            var stretch = Steps[from..to];
            // The measurement that ended this stretch, where there is one.
            var held = HeldOut.Where(h => h.Step > from && h.Step <= to).Select(h => Text(h.Loss, "F4")).LastOrDefault("");
            lines.Add([
                Text(stretch[^1].Step, "F0"), Text(stretch.Average(s => s.Loss), "F4"), held,
                Text(stretch.Average(s => s.GradientNorm), "F2"), Text(stretch[^1].LearningRate, "E2"),
                .. further.Select(c => Text(stretch.Average(c.Value)!.Value, "F4")),
                .. Objectives.Values.Select(o => Text(o[from..to].Average(), "G5")),
            ]);
        }
        return new ReportTable("Loss", ["step", "training loss (nats)", "held-out loss (nats)", "gradient norm", "learning rate",
            .. further.Select(c => c.Head), .. Objectives.Keys.Select(name => name.Replace('_', ' '))], lines);
    }

    static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    [JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(TrainingLog))]
    sealed partial class LogContext : JsonSerializerContext;
}

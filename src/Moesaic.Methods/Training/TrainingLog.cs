using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Training;

/// <summary>The history of a training run; saved with its state, so that a resumed run reports all of it.</summary>
public sealed partial record TrainingLog
{
    /// <summary>Every step.</summary>
    public List<TrainingStep> Steps { get; init; } = [];

    /// <summary>Held-out losses measured on the way: (optimiser steps taken, nats per token).</summary>
    public List<HeldOutLoss> HeldOut { get; init; } = [];

    /// <summary>A held-out loss.</summary>
    /// <param name="Step">Optimiser steps taken.</param>
    /// <param name="Loss">Nats per token.</param>
    public readonly record struct HeldOutLoss(int Step, double Loss);

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, LogContext.Default.TrainingLog);

    /// <summary>From JSON; null when it is none of a log.</summary>
    public static TrainingLog? FromJson(string json)
    {
        try
        {
            var log = JsonSerializer.Deserialize(json, LogContext.Default.TrainingLog);
            return log is { Steps: not null, HeldOut: not null } ? log : null;
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
        for (var r = 0; r < count; r++)
        {
            int from = (int)((long)Steps.Count * r / count), to = (int)((long)Steps.Count * (r + 1) / count);
            var stretch = Steps[from..to];
            // The measurement that ended this stretch, where there is one.
            var held = HeldOut.Where(h => h.Step > from && h.Step <= to).Select(h => Text(h.Loss, "F4")).LastOrDefault("");
            lines.Add([
                Text(stretch[^1].Step, "F0"), Text(stretch.Average(s => s.Loss), "F4"), held,
                Text(stretch.Average(s => s.GradientNorm), "F2"), Text(stretch[^1].LearningRate, "E2"),
            ]);
        }
        return new ReportTable("Loss", ["step", "training loss (nats)", "held-out loss (nats)", "gradient norm", "learning rate"], lines);
    }

    static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    [JsonSerializable(typeof(TrainingLog))]
    sealed partial class LogContext : JsonSerializerContext;
}

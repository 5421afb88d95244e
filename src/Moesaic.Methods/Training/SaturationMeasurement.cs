using System.Globalization;
using Moesaic.Formats;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>
/// Router saturation (Muennighoff et al. 2024, OLMoE, 5.1): of the experts that the routers choose at the end of a training, how many they
/// chose earlier already, on the same held-out tokens. The choices on the way are kept in the step's folder, so that a run that was killed
/// has those of all its parts.
/// </summary>
/// <param name="heldOut">Text that is never learned.</param>
/// <param name="every">Steps between measurements.</param>
sealed class SaturationMeasurement(PackedDataset heldOut, int every) : ITrainingMeasurement
{
    /// <summary>About how many tokens are looked at.</summary>
    internal const int Tokens = 4096;

    readonly SortedDictionary<int, double[]> shares = [];
    int last = -1;
    double tokensPerStep;

    public bool IsDue(Trainer trainer, TrainingLog log) => MeasurementSchedule.Includes(trainer, every) && last != trainer.Step;

    public void Measure(Trainer trainer, TrainingLog log, StepContext context)
    {
        last = trainer.Step;
        var choices = Choose(trainer.Model);
        if (choices.Length == 0) return;
        Directory.CreateDirectory(Folder(context));
        using (var bytes = new MemoryStream())
        {
            foreach (var layer in choices) bytes.Write(layer.Bytes);
            AtomicFile.WriteBytes(FileOf(context, trainer.Step), bytes.ToArray());
        }
        if (trainer.Finished) Compare(trainer, log, choices, context);
    }

    RoutingChoices[] Choose(Model model)
    {
        RoutingStatistics[] routing = [.. model.Mixtures.Select(m => new RoutingStatistics(m.Router.Spec.Experts) { Choices = new(m.Router.Spec.Experts) })];
        if (routing.Length == 0) return [];
        using var workspace = new Workspace();
        var left = Tokens;
        foreach (var batch in BatchStream.Once(heldOut, 1, padId: 0))
        {
            var input = PassInputs.Of(batch, 0, batch.Rows);
            input.Statistics = routing;
            workspace.Begin(recording: false);
            model.Hidden(workspace, input);
            if ((left -= batch.Length) <= 0) break;
        }
        return [.. routing.Select(r => r.Choices!)];
    }

    void Compare(Trainer trainer, TrainingLog log, RoutingChoices[] final, StepContext context)
    {
        tokensPerStep = log.Steps.Average(s => (double)s.Tokens);
        for (var step = 0; step <= trainer.Step; step++)
        {
            if (!File.Exists(FileOf(context, step))) continue;
            var earlier = Read(FileOf(context, step), final);
            shares[step] = [.. earlier.Zip(final, (e, f) => e.ShareOf(f))];
        }
    }

    static RoutingChoices[] Read(string path, RoutingChoices[] like)
    {
        var (bytes, at) = (File.ReadAllBytes(path), 0);
        if (bytes.Length != like.Sum(l => l.Bytes.Length))
            throw new BadModelException($"{path}: {bytes.Length} bytes are not the choices of this model's routers; delete the step's folder and run again.");
        var read = new RoutingChoices[like.Length];
        for (var l = 0; l < like.Length; l++)
        {
            read[l] = like[l].Same(bytes.AsSpan(at, like[l].Bytes.Length));
            at += like[l].Bytes.Length;
        }
        return read;
    }

    public IEnumerable<Figure> Figures
    {
        get
        {
            if (shares.Count < 2) yield break;
            foreach (var percent in (int[])[10, 50])
            {
                var step = shares.Keys.MinBy(s => Math.Abs(s - (last * percent / 100.0)));
                yield return new Figure(FormattableString.Invariant($"saturation_at_{percent}"), 100 * shares[step].Average(), "%");
            }
        }
    }

    public IEnumerable<ReportTable> Tables => shares.Count < 2 ? [] :
    [
        new ReportTable("Router saturation", ["step", .. Enumerable.Range(1, shares[last].Length).Select(l => string.Create(CultureInfo.InvariantCulture, $"mixture {l} (%)")), "mean (%)"],
            [.. shares.Select(s => (IReadOnlyList<string>)[s.Key.ToString(CultureInfo.InvariantCulture), .. s.Value.Append(s.Value.Average()).Select(Percent)])]),
    ];

    public IEnumerable<Curve> Curves => shares.Count < 2 ? [] :
        [new Curve("saturation", "%", "tokens", [.. shares.Keys.Select(s => Math.Round(s * tokensPerStep))], [.. shares.Values.Select(v => 100 * v.Average())])];

    static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture);

    static string Folder(StepContext context) => Path.Combine(context.WorkFolder, "choices");

    static string FileOf(StepContext context, int step) => Path.Combine(Folder(context), string.Create(CultureInfo.InvariantCulture, $"step-{step}.bin"));
}

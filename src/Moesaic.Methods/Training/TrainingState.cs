using System.Globalization;
using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training;

/// <summary>
/// All that a killed training needs to go on to the same bits: trained parameters, moments, what controllers of the balance remember and
/// the step count, in one safetensors file, written atomically. The data is not in it: batches follow from the seed and the step.
/// </summary>
public static class TrainingState
{
    const string StepKey = "moesaic.step";

    /// <summary>Saves the state of a run.</summary>
    /// <param name="path">Replaced when it exists.</param>
    /// <param name="trainer">Between two steps.</param>
    /// <param name="notes">What else belongs to the run (its log); restored as it is.</param>
    public static void Save(string path, Trainer trainer, IReadOnlyDictionary<string, string> notes)
    {
        var metadata = new Dictionary<string, string>(notes)
        {
            [StepKey] = trainer.Step.ToString(CultureInfo.InvariantCulture),
        };
        SafetensorsWriter.Write(path, Tensors(trainer).Select(t => TensorSource.FromFloats(
            t.Name, TensorType.F32, [t.Tensor.Rows, t.Tensor.Columns], () => t.Tensor.Span.ToArray())), metadata);
    }

    /// <summary>Restores a state saved by <see cref="Save"/> into a run with the same model and options.</summary>
    /// <param name="path">The file.</param>
    /// <param name="trainer">Fresh; its parameters are overwritten, unless the file does not fit.</param>
    /// <returns>The notes.</returns>
    /// <exception cref="BadModelException">The file is damaged or belongs to another run.</exception>
    public static IReadOnlyDictionary<string, string> Restore(string path, Trainer trainer)
    {
        using var store = TensorStore.Open(path);
        using var file = SafetensorsFile.Open(path);
        if (!file.Metadata.TryGetValue(StepKey, out var step)
            || !int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            throw new BadModelException($"{path}: no step count ({StepKey}) in the metadata: not a saved training state");
        // All is accounted for before anything is overwritten.
        var reader = new WeightReader(store);
        foreach (var (name, tensor) in Tensors(trainer)) reader.Take(name, tensor.Rows, tensor.Columns);
        reader.Finish();
        foreach (var (name, tensor) in Tensors(trainer)) store.Read(name, tensor.Span);
        trainer.RefreshWeights();
        trainer.Optimiser.StepCount = count;
        return file.Metadata;
    }

    static IEnumerable<(string Name, Tensor Tensor)> Tensors(Trainer trainer) =>
        trainer.Optimiser.Parameters.Select(p => (p.Name, p.Value))
            .Concat(trainer.Optimiser.State.SelectMany(s => new[] { ($"mean.{s.Name}", s.Mean), ($"square.{s.Name}", s.Square) }))
            .Concat(trainer.Balance.State);
}

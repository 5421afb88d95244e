using System.Globalization;
using Moesaic.Inference;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Text.Chat;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Data;

/// <summary>The texts that a step reads beside its model, in its model's tokens: to calibrate on, and to measure on.</summary>
static class StepTexts
{
    /// <summary>Reads calibration text.</summary>
    /// <param name="text">Which.</param>
    /// <param name="spec">Of the model in the step's input folder.</param>
    /// <param name="length">Tokens of a block.</param>
    /// <param name="context">The step.</param>
    /// <param name="notes">Is told what was read and what was left out.</param>
    public static PackedDataset Calibration(DataOptions text, ModelSpec spec, int length, StepContext context, List<string> notes)
    {
        var read = TextData.Read(text, CorpusSplit.Train, ModelTokenizer.Load(context.InputFolder, spec), context.Seed,
            ChatTemplate.Find(context.InputFolder), spec.Tasks, context.Cancellation);
        notes.AddRange(read.Notes);
        notes.Add(string.Create(CultureInfo.InvariantCulture, $"calibrated on {read.Tokens:N0} tokens of {text.Path} in blocks of {length}"));
        return PackedDataset.Pack(read.Samples, length);
    }

    /// <summary>Reads held-out text in windows that follow one another; null when there is none.</summary>
    /// <inheritdoc cref="Calibration"/>
    public static PackedDataset? HeldOut(DataOptions? text, ModelSpec spec, int length, StepContext context, List<string> notes) =>
        text is null ? null : Perplexity.Read(text, ModelTokenizer.Load(context.InputFolder, spec), length, length, context.Seed, notes,
            ChatTemplate.Find(context.InputFolder), spec.Tasks, context.Cancellation);
}

using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Steps;
using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Training;

/// <summary>The text of a training step, packed: one set of blocks, or one for each domain of a mix.</summary>
sealed class TrainingData
{
    readonly TrainStepOptions options;
    readonly ITokenizer tokenizer;
    readonly IReadOnlyList<string> tasks;
    readonly ChatTemplate? template;
    readonly StepContext context;
    readonly List<string> notes;
    readonly PackedDataset[] blocks;

    /// <summary>Reads, tokenizes and packs all that is learned.</summary>
    /// <param name="options">What to read.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="tasks">The model's.</param>
    /// <param name="template">The model's, or null.</param>
    /// <param name="context">Of the step.</param>
    /// <param name="notes">Is told what was left out and what the figures rest on.</param>
    public TrainingData(TrainStepOptions options, ITokenizer tokenizer, IReadOnlyList<string> tasks, ChatTemplate? template,
        StepContext context, List<string> notes)
    {
        (this.options, this.tokenizer, this.tasks, this.template, this.context, this.notes) = (options, tokenizer, tasks, template, context, notes);
        var samples = options.Data.Select(d =>
        {
            var read = TextData.Read(d, CorpusSplit.Train, tokenizer, context.Seed, template, tasks, context.Cancellation);
            notes.AddRange(read.Notes);
            return read.Samples;
        }).ToList();
        var packing = new PackingOptions { Method = options.Packing, LongSamples = options.LongSamples };
        blocks = options.Mixes
            ? [.. samples.Select(s => PackedDataset.Pack(s, options.Context, packing))]
            : [PackedDataset.Pack(samples.SelectMany(s => s), options.Context, packing)];
        for (var d = 0; d < blocks.Length; d++) notes.Add(Note(d));
    }

    string Note(int domain)
    {
        var (report, name) = (blocks[domain].Report, options.Mixes ? $"{options.Data[domain].Title}: " : "");
        var dropped = report.DroppedSamples > 0 ? $", {report.DroppedSamples:N0} too long and left out" : "";
        var empty = report.LeftOutPieces > 0 ? $", {report.LeftOutPieces:N0} pieces left out that hold nothing to learn" : "";
        var epochs = options.Mixes ? "" : $", read {(double)options.Steps() * options.Batch / report.Blocks:F2} times";
        return $"{name}{report.Tokens:N0} training tokens in {report.Blocks:N0} blocks ({report.CutSamples:N0} documents cut{dropped}{empty}){epochs}";
    }

    /// <summary>The batches of the run; a mix draws by the weights of the log, which begin as the recipe says.</summary>
    public IBatchSource Batches(TrainingLog log)
    {
        var padId = tokenizer.PadId ?? 0;
        if (!options.Mixes) return new BatchStream(blocks[0], options.Batch, context.Seed, padId);
        var sum = options.Data.Sum(d => d.Weight!.Value);
        log.Weights.Add(new DomainWeights(0, [.. options.Data.Select(d => d.Weight!.Value / sum)]));
        return new MixedStream(blocks, options.Batch, context.Seed, padId, log.Weights);
    }

    /// <summary>What is measured between steps.</summary>
    public IReadOnlyList<ITrainingMeasurement> Measurements()
    {
        var measurements = new List<ITrainingMeasurement>();
        if (options.HeldOut is { } heldOut)
        {
            var windows = Windows(heldOut);
            measurements.Add(new HeldOutMeasurement(windows, options.EvaluateEvery));
            if (options.SaturationEvery > 0) measurements.Add(new SaturationMeasurement(windows, options.SaturationEvery));
        }
        if (options.Data.Any(d => d.HeldOut is not null))
            measurements.Add(new DomainMeasurement([.. options.Data.Select(d => d.Title)],
                [.. options.Data.Select(d => d.HeldOutData is { } own ? Windows(own) : null)], options.EvaluateEvery, options.DynamicWeights, tokenizer));
        return measurements;
    }

    PackedDataset Windows(DataOptions text) =>
        Perplexity.Read(text, tokenizer, options.Context, options.Context, context.Seed, notes, template, tasks, context.Cancellation);

    /// <summary>What was drawn of each domain, and what it came to.</summary>
    /// <param name="log">Of the finished run.</param>
    /// <param name="batches">Made by <see cref="Batches"/>.</param>
    public IEnumerable<ReportTable> Tables(TrainingLog log, IBatchSource batches)
    {
        string[] names = [.. options.Data.Select(d => d.Title)];
        var drawn = (batches as MixedStream)?.DrawnBefore(log.Steps.Count);
        return DomainReport.Tables(log, names, drawn is null ? null : [.. drawn.Zip(blocks, (n, b) => (double)n / b.Blocks)],
            drawn is null ? null : [.. drawn.Zip(blocks, (n, b) => n * ((double)b.Report.Tokens / b.Blocks))]);
    }
}

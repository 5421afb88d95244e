using Moesaic.Formats;
using Moesaic.Methods.Data;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Construction.Creation;

/// <summary>The step "create": from a config.json and text to a model with random weights and a tokenizer.</summary>
/// <param name="options">Text and special tokens.</param>
public sealed class CreateStep(CreateStepOptions options) : IStep
{
    /// <inheritdoc/>
    public bool WritesModel => true;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var spec = Shape(context.Shape());
        var parameters = ParameterCounts.Of(spec);
        var layout = ArchitectureRegistry.MostStandard(spec, out _);
        return new StepPlan
        {
            Summary = $"{parameters.Total:N0} random parameters ({parameters.Active:N0} active), a tokenizer of {spec.VocabularySize:N0} tokens"
                + (options.Mixture is null ? "" : $", written as {layout.ModelType}"),
            Inputs = [.. options.Data.Select((d, i) => TextData.Input($"data[{i}]", d))],
            ReadBytes = 0,
            PeakMemoryBytes = (parameters.Total * sizeof(float)) + 500_000_000,
            Seconds = 30,
            OutputBytes = parameters.Total * options.Type.ByteSize(),
            Model = new ModelOutline(layout.WriteConfig(spec, options.Type), parameters.Total * options.Type.ByteSize()),
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        var spec = Shape(ModelFolder.ReadSpec(context.InputFolder));
        var notes = new List<string>();
        var texts = options.Data.SelectMany(d => TextData.Texts(d, CorpusSplit.Train, notes));
        var tokenizer = TrainTokenizer(texts, spec, context).ToTokenizer();
        using var model = new Model(spec with
        {
            BosId = tokenizer.BosId,
            EosIds = tokenizer.EosId is { } eos ? [eos] : [],
            PadId = tokenizer.PadId,
        });
        ModelInitialiser.Randomise(model, checked((int)(context.Seed % int.MaxValue)), options.Deviation);
        var saved = ModelFolder.Save(model, context.OutputFolder, new SaveOptions
        {
            Type = options.Type,
            SideFilesFrom = context.InputFolder,
            ExtraFiles = Directory.GetFiles(TokenizerFolder(context)).ToDictionary(f => Path.GetFileName(f)!, File.ReadAllBytes),
        }, context.Cancellation);
        var parameters = ParameterCounts.Of(spec);
        return new StepReport
        {
            Summary = $"Made a model of {parameters.Total:N0} random parameters and learned a tokenizer of {tokenizer.VocabularySize:N0} tokens.",
            Figures =
            [
                new("parameters", parameters.Total), new("active_parameters", parameters.Active), new("vocabulary", tokenizer.VocabularySize),
                new("weight_bytes", saved.WeightBytes, "bytes"),
            ],
            Notes = notes,
        };
    }

    ModelSpec Shape(ModelSpec given) => options.Mixture is { } mixture ? MixtureShape.Of(given, mixture) : given;

    ByteLevelBpe TrainTokenizer(IEnumerable<string> texts, ModelSpec spec, StepContext context)
    {
        using var task = context.Progress.Begin("learn the tokenizer", 0, "merges");
        var trained = ByteLevelBpeTrainer.Train(texts, new ByteLevelBpeOptions
        {
            VocabularySize = spec.VocabularySize,
            SpecialTokens = [options.Bos, options.Eos, .. options.SpecialTokens],
            Bos = options.Bos,
            Eos = options.Eos,
            Pad = options.Eos,
        }, new MergeProgress(task), context.Cancellation);
        Directory.CreateDirectory(TokenizerFolder(context));
        trained.Save(TokenizerFolder(context));
        return trained;
    }

    static string TokenizerFolder(StepContext context) => Path.Combine(context.WorkFolder, "tokenizer");

    sealed class MergeProgress(IProgressTask task) : IProgress<BpeTrainingProgress>
    {
        public void Report(BpeTrainingProgress value)
        {
            if (value.Total > 0) task.Report(value.Done);
        }
    }
}

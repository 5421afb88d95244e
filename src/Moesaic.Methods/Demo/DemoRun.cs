using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Tensors.Optimization;
using Moesaic.Text;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Demo;

/// <summary>
/// The main job in one go: a dense LLaMA is split into experts, what that costs is measured, post-training brings the
/// quality back, and the result is written, read back and lets itself be heard. Beside it runs the control that papers
/// leave out: the dense model with the same post-training.
/// </summary>
/// <param name="options">Settings.</param>
/// <param name="progress">Is told what happens.</param>
/// <param name="cancellation">Stops between passes; no output is left behind.</param>
public sealed class DemoRun(DemoOptions options, IProgressReporter progress, CancellationToken cancellation = default)
{
    const int SpeedPrompt = 192, SpeedPairs = 7;

    /// <summary>Runs it.</summary>
    /// <exception cref="BadModelException">The model or the .NET documentation is missing or damaged.</exception>
    /// <exception cref="BadRequestException">The output exists.</exception>
    public DemoResult Run()
    {
        if (File.Exists(options.Output) || (Directory.Exists(options.Output) && !options.Overwrite))
            throw new BadRequestException($"{options.Output} exists; choose another folder with --output or delete it.");
        using var loaded = ModelFolder.Load(options.Model);
        var dense = loaded.Model;
        var tokenizer = ModelTokenizer.Load(options.Model, dense.Spec);
        var (training, calibration, heldOut, comparable) = ReadData(tokenizer);

        var denseRow = Measure("dense", dense, heldOut, out _);
        var (mixture, plan) = SplitModel(dense, calibration);
        using (mixture)
        {
            var splitRow = Measure("split, untrained", mixture, heldOut, out _);
            Train("post-train the mixture", mixture, training, tokenizer);
            Save(mixture, plan);
            using var written = ModelFolder.Load(options.Output);
            var mixtureRow = Measure("mixture, post-trained", written.Model, heldOut, out var routing);
            var text = Write(written.Model, tokenizer);
            var speed = MeasureSpeed(dense, written.Model, heldOut.Batch([0], tokenizer.PadId ?? 0).Tokens);
            var randomRow = MeasureRandomRouter(written.Model, heldOut);

            Train("post-train the dense control", dense, training, tokenizer);
            RoundToStored(dense);
            var controlRow = Measure("dense, same post-training", dense, heldOut, out _);
            return new DemoResult(denseRow, splitRow, mixtureRow, controlRow, randomRow, speed, routing.Sum(r => r.Dead), text, comparable);
        }
    }

    (PackedDataset Training, PackedDataset Calibration, PackedDataset HeldOut, bool Comparable) ReadData(ITokenizer tokenizer)
    {
        using var task = progress.Begin("read the .NET documentation", 0, "documents");
        var notes = new List<string>();
        DataOptions Docs(long tokens) => new() { Path = DataOptions.DotnetDocs, Tokens = tokens };
        TextData Read(long tokens) => TextData.Read(Docs(tokens), CorpusSplit.Train, tokenizer, options.Seed, cancellation: cancellation);
        var training = PackedDataset.Pack(Read(options.TrainTokens).Samples, options.Context);
        task.Report(training.Report.Samples);
        var calibration = PackedDataset.Pack(Read(options.CalibrationTokens).Samples, options.Context);
        // The same held-out text for every seed: losses of different seeds compare.
        var heldOut = Perplexity.Read(Docs(options.HeldOutTokens), tokenizer, options.Context, options.Context, seed: 0, notes, cancellation: cancellation);
        foreach (var note in notes) progress.Warn(note);
        return (training, calibration, heldOut, notes.Count == 0);
    }

    (Model Mixture, SplitPlan Plan) SplitModel(Model dense, PackedDataset calibration)
    {
        var split = new SplitStepOptions
        {
            Experts = options.Experts, Chosen = options.Chosen, Method = options.Method, Sharpness = options.Sharpness, ClusterTokens = 8192,
        };
        var plan = new SplitPlanner(split, options.Seed, progress, cancellation).Make(dense, calibration);
        return (Split.Apply(dense, plan), plan);
    }

    void Train(string title, Model model, PackedDataset data, ITokenizer tokenizer)
    {
        var perStep = options.Batch * options.Context;
        var steps = (int)(options.TrainTokens / perStep);
        using var trainer = new Trainer(model, new BatchStream(data, options.Batch, options.Seed, tokenizer.PadId ?? 0), new TrainingOptions
        {
            Steps = steps,
            LearningRate = options.LearningRate,
            WarmupSteps = Math.Max(1, steps / 20),
            FinalFraction = 0.02f,
        });
        using var task = progress.Begin(title, (double)steps * perStep, "tokens");
        while (!trainer.Finished)
        {
            cancellation.ThrowIfCancellationRequested();
            var step = trainer.Advance();
            task.Report((double)step.Step * perStep, new Figure("loss", step.Loss, "nats"), new Figure("learning_rate", step.LearningRate));
        }
    }

    void Save(Model mixture, SplitPlan plan)
    {
        var saved = ModelFolder.Save(mixture, options.Output, new SaveOptions
        {
            SideFilesFrom = options.Model,
            Folder = new HfFolderOptions { Overwrite = options.Overwrite },
            ExtraFiles = new Dictionary<string, byte[]>(StringComparer.Ordinal)
            {
                [SplitPlan.FileName] = System.Text.Encoding.UTF8.GetBytes(plan.ToJson()),
            },
        }, cancellation);
        progress.Note($"wrote {options.Output} as {saved.Architecture.ModelType}");
    }

    DemoRow Measure(string name, Model model, PackedDataset heldOut, out IReadOnlyList<RoutingStatistics> routing)
    {
        using var task = progress.Begin($"measure: {name}", heldOut.Blocks, "blocks");
        var result = Perplexity.Measure(model, heldOut, progress: done => task.Report(done), cancellation: cancellation);
        routing = result.Routing;
        var parameters = ParameterCounts.Of(model.Spec);
        progress.Measured(name, [new("held_out_loss", result.Loss, "nats"), new("perplexity", result.Perplexity),
            .. RoutingReport.Figures(result.Routing)]);
        return new DemoRow(name, result.Loss, parameters.Total, parameters.Active, parameters.Total * TensorType.BF16.ByteSize());
    }

    // In turn, so that whatever else the machine does meets both alike. The same text, because routing depends on it.
    DemoSpeed MeasureSpeed(Model dense, Model mixture, int[] text)
    {
        using var task = progress.Begin("measure speed", SpeedPairs, "pairs");
        var pairs = new (Throughput Dense, Throughput Mixture)[SpeedPairs];
        for (var i = 0; i < pairs.Length; i++)
        {
            pairs[i] = (Throughput.Measure(dense, text, SpeedPrompt, repeats: 1, cancellation: cancellation),
                Throughput.Measure(mixture, text, SpeedPrompt, repeats: 1, cancellation: cancellation));
            task.Report(i + 1);
        }
        return new DemoSpeed(Median(p => p.Dense.PrefillTokensPerSecond), Median(p => p.Dense.DecodeTokensPerSecond),
            Median(p => p.Mixture.PrefillTokensPerSecond), Median(p => p.Mixture.DecodeTokensPerSecond),
            Median(p => p.Mixture.DecodeTokensPerSecond / p.Dense.DecodeTokensPerSecond));

        double Median(Func<(Throughput Dense, Throughput Mixture), double> figure) => pairs.Select(figure).Order().ElementAt(SpeedPairs / 2);
    }

    // Random rows of the same norm: the logits are as large, but say nothing.
    DemoRow MeasureRandomRouter(Model mixture, PackedDataset heldOut)
    {
        var random = new Random(unchecked((int)options.Seed));
        foreach (var layer in mixture.Mixtures)
        {
            var rows = layer.Router.Weight.Dense.Span;
            var norm = Math.Sqrt(Kernels.Elementwise.SumOfSquares(rows) / rows.Length);
            ModelInitialiser.FillNormal(rows, random, norm);
        }
        return Measure("mixture, random router", mixture, heldOut, out _);
    }

    // The control is measured as it would be stored, like the mixture, which was read back.
    static void RoundToStored(Model model)
    {
        foreach (var parameter in model.Parameters)
        {
            var stored = new ushort[parameter.Value.Count];
            Kernels.Conversion.SingleToBFloat16(parameter.Value.Span, stored);
            Kernels.Conversion.BFloat16ToSingle(stored, parameter.Value.Span);
        }
    }

    string Write(Model model, ITokenizer tokenizer)
    {
        using var generator = new Generator(model, tokenizer, EndOfText.Ids(options.Output, model.Spec, tokenizer));
        var result = generator.Generate(options.Prompt, new GenerationOptions
        {
            MaxTokens = 96,
            Sampling = new SamplingOptions { Temperature = 0.6f, TopP = 0.9f, Seed = options.Seed },
        }, cancellation: cancellation);
        return options.Prompt + result.Text;
    }
}

using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Evaluation;

/// <summary>The step "evaluate": measures quality, size and speed of a checkpoint and changes nothing.</summary>
/// <param name="options">On what text and how.</param>
public sealed class EvaluateStep(EvaluateStepOptions options) : IStep
{
    const int LongestDefault = 2048, RowsPerPass = 8, LongestPrompt = 128, LongestDecode = 64;

    /// <inheritdoc/>
    public bool WritesModel => false;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var spec = Variant.Shape(context.Shape());
        CausalRouters.Check(spec, options.AllowNonCausal, training: false);
        var (window, stride) = Windows(spec);
        var parameters = ParameterCounts.Of(spec);
        var tokens = options.Data.ExpectedTokens;
        return new StepPlan
        {
            Summary = $"loss on {(options.Data.Tokens is { } limit ? $"{limit:N0} tokens" : "all")} of {options.Data.Path} in windows of {window} every {stride}"
                + (options.SpeedRepeats > 0 ? ", speed" : "") + (options.SignatureItems > 0 ? $", documentation of {options.SignatureItems:N0} methods" : ""),
            Inputs =
            [
                TextData.Input("data", options.Data), .. options.Plan is { } plan ? [new StepInput("plan", plan)] : Array.Empty<StepInput>(),
                .. options.SignatureItems > 0 ? [new StepInput("signatures", null, TextData.Docs.Hash)] : Array.Empty<StepInput>(),
                .. options.Policy is { } policy && File.Exists(policy) ? [new StepInput("policy", policy)] : Array.Empty<StepInput>(),
            ],
            ReadBytes = context.Model.WeightBytes,
            PeakMemoryBytes = (parameters.Total * sizeof(float)) + TrainingCost.PeakBytes(spec, 0, (long)RowsPerPass * window),
            // Forward alone is a third of a training step.
            Seconds = TrainingCost.Seconds(parameters.Active, (tokens * window / stride) + ((long)options.SignatureItems * options.SignatureTokens), context.Threads) / 3,
            OutputBytes = 0,
            Notes = options.Data.Tokens is null ? ["the time is that of a million tokens; data.tokens limits them"] : [],
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        using var loaded = Variant.Load(context.InputFolder, WeightStorage.Stored);
        foreach (var note in loaded.Notes) context.Progress.Note(note);
        var model = loaded.Model;
        CausalRouters.Check(model.Spec, options.AllowNonCausal, training: false);
        var tokenizer = ModelTokenizer.Load(context.InputFolder, model.Spec);
        var (window, stride) = Windows(model.Spec);
        List<string> notes = [.. CausalRouters.Note(model.Spec)];
        var data = Perplexity.Read(options.Data, tokenizer, window, stride, context.Seed, notes,
            ChatTemplate.Find(context.InputFolder), model.Spec.Tasks, context.Cancellation);

        PerplexityResult result;
        using (var task = context.Progress.Begin("evaluate", data.Blocks, "blocks"))
            result = Perplexity.Measure(model, data, RowsPerPass, blocks => task.Report(blocks), context.Cancellation);
        if (!double.IsFinite(result.Loss))
            throw new BadModelException($"{context.InputFolder}: the loss is {result.Loss}: the model's numbers overflow or its weights are damaged.");

        notes.Add($"loss: mean cross-entropy of {result.Tokens:N0} tokens in windows of {window} that start every {stride}; "
            + "each token but the first of a document is counted once; perplexity is exp(loss)");
        var parameters = ParameterCounts.Measured(model.Spec, result.Routing, result.AttentionRouting);
        List<Figure> figures =
        [
            new("loss", result.Loss, "nats"), new("perplexity", result.Perplexity), new("tokens", result.Tokens, "tokens"),
            new("parameters", parameters.Total), new("active_parameters", parameters.Active), new("weight_bytes", loaded.WeightBytes, "bytes"),
            .. Speed(model, data, context, notes), .. Signatures(model, tokenizer, context, notes), .. RoutingReport.Figures(result.Routing), .. RoutingReport.AttentionFigures(result.AttentionRouting),
        ];
        return new StepReport
        {
            Summary = $"Measured a loss of {result.Loss:F4} nats (perplexity {result.Perplexity:F3}) on {result.Tokens:N0} tokens of {options.Data.Path}.",
            Figures = figures,
            Tables = [.. RoutingReport.Tables(result, model.Spec)],
            Notes = notes,
        };
    }

    ModelVariant Variant => new() { Plan = options.Plan, Ratio = options.Ratio, Policy = options.Policy, Chosen = options.Chosen };

    (int Context, int Stride) Windows(ModelSpec spec)
    {
        if (options.Context > spec.MaxPositions)
            throw new BadRequestException($"A context of {options.Context} tokens is longer than the model's {spec.MaxPositions}.");
        var context = options.Context ?? Math.Min(LongestDefault, spec.MaxPositions);
        if (options.Stride > context)
            throw new BadRequestException($"A stride of {options.Stride} tokens is longer than the context of {context}: text would be left out.");
        return (context, options.Stride ?? context);
    }

    IEnumerable<Figure> Speed(Model model, PackedDataset data, StepContext context, List<string> notes)
    {
        if (options.SpeedRepeats == 0) return [];
        if (DecodableRouters.WhyNot(model.Spec) is { } reason)
        {
            notes.Add($"no speed: {reason}");
            return [];
        }
        var prompt = Math.Min(LongestPrompt, model.Spec.MaxPositions / 2);
        var decoded = Math.Min(LongestDecode, model.Spec.MaxPositions - prompt);
        using var task = context.Progress.Begin("measure the speed", options.SpeedRepeats, "runs");
        var speed = Throughput.Measure(model, FirstTokens(data, prompt + decoded), prompt, options.SpeedRepeats,
            done => task.Report(done), context.Cancellation, TaskNames.Find(model.Spec.Tasks, options.Data.Task, options.Data.Path));
        notes.Add($"speed: median of {speed.Repeats} runs of one sequence of this text, prompt of {speed.PromptTokens} tokens, "
            + $"then {speed.DecodedTokens} one by one, in float32");
        return [new("prefill_speed", speed.PrefillTokensPerSecond, "tokens/s"), new("decode_speed", speed.DecodeTokensPerSecond, "tokens/s")];
    }

    IEnumerable<Figure> Signatures(Model model, ITokenizer tokenizer, StepContext context, List<string> notes)
    {
        if (options.SignatureItems == 0) return [];
        if (DecodableRouters.WhyNot(model.Spec) is { } reason)
        {
            notes.Add($"no documentation of signatures: {reason}");
            return [];
        }
        var writer = new SignatureTask(model, tokenizer, EndOfText.Ids(context.InputFolder, model.Spec, tokenizer));
        var all = TextData.Docs.Signatures(CorpusSplit.HeldOut);
        var items = writer.Choose(all, options.SignatureItems, options.SignatureTokens);
        using var task = context.Progress.Begin("document signatures", items.Count, "methods");
        var scores = SignatureScores.Of(items, writer.Write(items, options.SignatureTokens, options.Data.Task, done => task.Report(done), context.Cancellation));
        var chance = SignatureScores.Chance(items, TextData.Docs.Signatures(CorpusSplit.Train));
        notes.Add($"signatures: {items.Count:N0} of the {all.Count:N0} methods of held-out namespaces that have parameters, evenly spread; greedy, at most {options.SignatureTokens} tokens each; counted are "
            + "parameters with a line that begins with their name, and first sentences with the true verb; chance takes the most frequent names and the most frequent verb of the training part");
        return
        [
            new("signature_parameters", scores.Parameters), new("signature_parameters_chance", chance.Parameters),
            new("signature_verb", scores.Verb), new("signature_verb_chance", chance.Verb), new("signature_items", items.Count, "methods"),
        ];
    }

    /// <summary>The first tokens of the data, from the beginning again when they are too few.</summary>
    static int[] FirstTokens(PackedDataset data, int count)
    {
        var tokens = BatchStream.Once(data, 1, padId: 0)
            .SelectMany(b => b.Segments.Where(s => !s.IsPadding).SelectMany(s => b.Tokens.Skip(s.Start).Take(s.Length))).Take(count).ToArray();
        return [.. Enumerable.Range(0, count).Select(i => tokens[i % tokens.Length])];
    }
}

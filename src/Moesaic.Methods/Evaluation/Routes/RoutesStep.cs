using System.Globalization;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Data;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Evaluation.Routes;

/// <summary>The step "routes": one pass over text that counts what every router of a checkpoint decides; changes nothing.</summary>
/// <param name="options">On what text, and beside which checkpoints.</param>
public sealed class RoutesStep(RoutesStepOptions options) : IStep
{
    const int LongestDefault = 2048;

    /// <summary>The page, beside routes.json.</summary>
    public const string PageFile = "routes.html";

    /// <inheritdoc/>
    public bool WritesModel => false;

    /// <inheritdoc/>
    public StepPlan Plan(PlanContext context)
    {
        var spec = context.Shape();
        Check(spec);
        foreach (var entry in options.Data) TaskNames.Find(spec.Tasks, entry.Task, entry.Path);
        if (options.Text is { } text) TaskNames.Find(spec.Tasks, text.Task, "text");
        foreach (var folder in options.Against) CheckpointSaturation.Check(spec, folder);
        var parameters = ParameterCounts.Of(spec);
        var tokens = options.Data.Sum(d => d.Tokens ?? options.Tokens ?? 1_000_000);
        var counts = CountBytes(spec, tokens);
        return new StepPlan
        {
            Summary = string.Create(CultureInfo.InvariantCulture, $"{RouterList.Of(spec).Count} routers on {string.Join(", ", options.Data.Select(d => d.Title))}")
                + (options.Against.Count > 0 ? $", beside {string.Join(", ", options.Against)}" : ""),
            Inputs =
            [
                .. options.Data.Select(d => TextData.Input($"data {d.Title}", d)),
                .. options.Against.Select((folder, i) => new StepInput(FormattableString.Invariant($"against {i + 1}"), folder)),
            ],
            ReadBytes = context.Model.WeightBytes * (1 + options.Against.Count),
            PeakMemoryBytes = (parameters.Total * sizeof(float)) + counts + TrainingCost.PeakBytes(spec, 0, (long)RoutesPass.Rows * Context(spec)),
            Seconds = TrainingCost.Seconds(parameters.Active, tokens, context.Threads) / 3 * (1 + options.Against.Count),
            OutputBytes = counts,
            Notes = options.Data.Any(d => (d.Tokens ?? options.Tokens) is null) ? ["time and memory are those of a million tokens an entry; tokens limits them"] : [],
        };
    }

    /// <inheritdoc/>
    public StepReport Run(StepContext context)
    {
        using var loaded = ModelFolder.Load(context.InputFolder, WeightStorage.Stored);
        foreach (var note in loaded.Notes) context.Progress.Note(note);
        var model = loaded.Model;
        Check(model.Spec);
        var tokenizer = ModelTokenizer.Load(context.InputFolder, model.Spec);
        foreach (var earlier in options.Against) ModelTokenizer.RequireSame(tokenizer, earlier);
        var notes = Notes(model.Spec);
        // Before the data is read: what is wrong with a text shows at once.
        var coloured = options.Text is null ? null : ColouredText.Of(options.Text, model, tokenizer, Context(model.Spec), options.AsInTraining);
        var domains = Read(model.Spec, tokenizer, context, notes);

        var routers = Count(model, domains, context);
        var result = new RoutesResult(Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(context.InputFolder))),
            [.. options.Data.Select(d => d.Title)], routers,
            [.. options.Against.Select(f => CheckpointSaturation.Measure(f, routers, tokenizer, domains, options.AsInTraining, context))],
            new TokenNames(tokenizer), Shown(model.Spec), options.Top, options.LeastPlaces) { Text = coloured };
        Describe(result, notes);
        var page = RoutesPage.Write(result, notes);
        var folder = Path.Combine(context.ResultFolder, Folder(context));
        AtomicFile.Write(Path.Combine(folder, RoutesJson.FileName), stream => RoutesJson.Write(result, stream));
        AtomicFile.WriteText(Path.Combine(folder, PageFile), page);
        if (options.Html is { } html) AtomicFile.WriteText(html, page);
        return new StepReport
        {
            Summary = string.Create(CultureInfo.InvariantCulture, $"Followed {result.Tokens:N0} tokens through {routers.Length} routers."),
            Figures = RoutesReport.Figures(result),
            Tables = RoutesReport.Tables(result),
            Curves = RoutesReport.Curves(result),
            Passages = coloured is null ? [] :
                [coloured.Passage($"The text by the first expert of layer {routers[result.Shown].Name}", result.Shown, result.Names)],
            Notes = notes,
        };
    }

    // The second such step of a recipe has a folder of its own.
    static string Folder(StepContext context)
    {
        var earlier = context.Results.Count(r => r.Verb == "routes");
        return earlier == 0 ? "routes" : FormattableString.Invariant($"routes-{earlier + 1}");
    }

    RouterRoutes[] Count(Model model, IReadOnlyList<PackedDataset> domains, StepContext context)
    {
        var text = new RoutedText();
        RouterRoutes[] routers = [.. RouterList.Of(model.Spec).Select(r =>
            new RouterRoutes(r.Layer, r.OfAttention, r.Router, text, domains.Count, Context(model.Spec), options.Against.Count > 0))];
        using var task = context.Progress.Begin("follow tokens", domains.Sum(d => d.Blocks), "blocks");
        RoutesPass.Run(model, domains, options.AsInTraining, [.. routers.Where(r => !r.OfAttention).Select(r => r.Statistics)],
            [.. routers.Where(r => r.OfAttention).Select(r => r.Statistics)], text, blocks => task.Report(blocks), context.Cancellation);
        return routers;
    }

    List<PackedDataset> Read(ModelSpec spec, ITokenizer tokenizer, StepContext context, List<string> notes)
    {
        var template = ChatTemplate.Find(context.InputFolder);
        var domains = new List<PackedDataset>();
        foreach (var entry in options.Data)
        {
            var read = TextData.Read(entry with { Tokens = entry.Tokens ?? options.Tokens }, CorpusSplit.HeldOut, tokenizer, context.Seed, template,
                spec.Tasks, context.Cancellation);
            notes.AddRange(read.Notes);
            // What a conversation is not learned from is routed all the same.
            domains.Add(PackedDataset.Pack(read.Samples.Select(s => s with { LossMask = null }), Context(spec)));
        }
        return domains;
    }

    void Check(ModelSpec spec)
    {
        var routers = RouterList.Of(spec);
        if (routers.Count == 0)
            throw new BadRequestException("The model is dense: it has no routers whose choices could be followed. Give a mixture of experts, such as split or create make.");
        if (options.Context > spec.MaxPositions)
            throw new BadRequestException($"A context of {options.Context} tokens is longer than the model's {spec.MaxPositions}.");
        if (options.Layer is { } layer && routers.All(r => r.Layer != layer))
            throw new BadRequestException($"Layer {layer} has no router; there are routers in layers {string.Join(", ", routers.Select(r => r.Layer).Distinct())}.");
    }

    int Context(ModelSpec spec) => options.Context ?? Math.Min(LongestDefault, spec.MaxPositions);

    // Of a layer with two routers that of the feed-forward.
    int Shown(ModelSpec spec)
    {
        var routers = RouterList.Of(spec).ToList();
        var layer = options.Layer ?? routers[routers.Count / 2].Layer;
        return routers.FindLastIndex(r => r.Layer == layer);
    }

    // Ids seen are at most the vocabulary and at most the tokens; two tables of them a router.
    long CountBytes(ModelSpec spec, long tokens) => RouterList.Of(spec).Sum(r =>
    {
        long experts = r.Router.Experts, ids = Math.Min(spec.VocabularySize, tokens);
        return (2 * ids * ((4 * (experts + 1)) + 50)) + (8 * experts * (experts + 32 + options.Data.Count))
            + (options.Against.Count > 0 ? 2 * 8 * ((experts + 63) / 64) * tokens : 0);
    });

    List<string> Notes(ModelSpec spec)
    {
        List<string> notes = [];
        if (options.AsInTraining)
            notes.Add($"routers select and limit as in training, without noise; {RoutesPass.Rows} windows are a pass, whose tokens compete where tokens compete");
        else if (spec.Routers.Any(r => r.Router.Training?.Capacity is not null) && spec.Routers.All(r => r.Router.Capacity is null))
            notes.Add("a capacity limits these routers in training only: nothing is dropped here; as_in_training shows what is dropped there");
        if (!options.AsInTraining && spec.Routers.FirstOrDefault(r => !r.Router.Causal) is { Router: not null } found)
            notes.Add($"not causal: the router of layer {found.Layer} looks at {found.Router.LooksAt}; with other text in a pass of {RoutesPass.Rows} windows it may decide otherwise");
        return notes;
    }

    void Describe(RoutesResult result, List<string> notes)
    {
        var (ids, places) = result.Routers[0].Read.Frequent(options.LeastPlaces);
        notes.Add(string.Create(CultureInfo.InvariantCulture,
            $"told by id: of the choices those that a table from token id to experts makes as well; of ids with at least {options.LeastPlaces} places, {ids:N0} ids with {100 * places:F1} % of all places. Told by load: a table that knows no ids"));
        notes.Add("specialisation: how often the ids of an expert's tokens go to that expert, on average over its tokens (vocabulary specialisation, OLMoE 5.4)");
        notes.Add("divergence, load shift: half the sum of what loads per expert differ by from those of all domains or positions; 0: alike, 100 %: other experts. With few tokens it is above 0 by chance");
        if (result.Saturation.Count > 0) notes.Add("router saturation: of this model's choices those that the earlier checkpoint makes as well (OLMoE 5.1)");
    }
}

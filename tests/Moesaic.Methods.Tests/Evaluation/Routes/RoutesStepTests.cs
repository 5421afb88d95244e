using System.ComponentModel.DataAnnotations;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Evaluation.Routes;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Evaluation.Routes;

public sealed class RoutesStepTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    RoutesStepOptions Options => new() { Data = [new NamedDataOptions { Path = folder.Text, Name = "stories" }], LeastPlaces = 2 };

    StepReport Run(RoutesStepOptions options, string? model = null) => new RoutesStep(options).Run(folder.StepContext(model ?? folder.Model));

    JsonNode Json => JsonNode.Parse(File.ReadAllText(folder["work/result/routes/routes.json"]))!;

    static double Figure(StepReport report, string key) => report.Figures.Single(f => f.Key == key).Value;

    /// <summary>The small model with other routers, weights drawn from a seed, its tokenizer beside it.</summary>
    string With(string name, Func<MixtureSpec, MixtureSpec> mixture, ulong seed = 1, Func<AttentionSpec, AttentionSpec>? attention = null, int vocabulary = 0, string[]? tasks = null)
    {
        var path = folder[name];
        if (Directory.Exists(path)) return path;
        var spec = ModelFolder.ReadSpec(folder.Model);
        using var model = new Model(spec with
        {
            VocabularySize = Math.Max(spec.VocabularySize, vocabulary),
            Tasks = tasks ?? [],
            Layers = [.. spec.Layers.Select(l => new LayerSpec(attention?.Invoke(l.Attention) ?? l.Attention, mixture((MixtureSpec)l.FeedForward)))],
        });
        ModelInitialiser.Randomise(model, (int)seed, 0.3);
        ModelFolder.Save(model, path, new SaveOptions { SideFilesFrom = folder.Model });
        return path;
    }

    static MixtureSpec Routed(MixtureSpec mixture, Func<RouterSpec, RouterSpec> change) => mixture with { Router = change(mixture.Router) };

    [Fact]
    public void Counts_are_those_of_an_evaluation_of_the_same_text()
    {
        var report = Run(Options);
        using var loaded = ModelFolder.Load(folder.Model, WeightStorage.Stored);
        var data = Perplexity.Read(new DataOptions { Path = folder.Text }, ModelTokenizer.Load(folder.Model, loaded.Model.Spec), TinyFolder.Context, TinyFolder.Context, 1, []);
        var expected = Perplexity.Measure(loaded.Model, data).Routing;

        Assert.Equal(expected[0].Tokens, Figure(report, "tokens"));
        var routers = Json["routers"]!.AsArray();
        Assert.Equal(expected.Count, routers.Count);
        for (var l = 0; l < routers.Count; l++)
        {
            Assert.Equal(expected[l].Slots.ToArray(), Counts(routers[l]!["slots"]));
            Assert.Equal(expected[l].Slots.ToArray(), Counts(routers[l]!["domains"]![0]!["slots"]));
            Assert.Equal(expected[l].Slots.ToArray(), Sum(routers[l]!["positions"]!.AsArray().Select(p => Counts(p!["slots"]))));
            Assert.Equal(expected[l].Slots.ToArray(), routers[l]!["together"]!.AsArray().Select((row, e) => (long)row![e]!));
            Assert.Equal(expected[l].Tokens, routers[l]!["ids"]!.AsArray().Sum(i => (long)i!["places"]!));
            Assert.Equal(expected[l].Slots.ToArray().Sum(), routers[l]!["ids"]!.AsArray().Sum(i => i!["slots"]!.AsArray().Sum(s => (long)s![1]!)));
            // Two experts a token: every slot of an expert has one beside it.
            Assert.Equal(2 * expected[l].Tokens * 2, routers[l]!["together"]!.AsArray().Sum(row => row!.AsArray().Sum(n => (long)n!)));
        }

        static long[] Counts(JsonNode? list) => [.. list!.AsArray().Select(n => (long)n!)];
        static long[] Sum(IEnumerable<long[]> rows) => [.. rows.Aggregate((a, b) => [.. a.Zip(b, (x, y) => x + y)])];
    }

    [Fact]
    public void The_result_does_not_depend_on_the_number_of_threads()
    {
        var before = WorkerTeam.Threads;
        var texts = new List<string>();
        try
        {
            foreach (var threads in (int[])[1, 2])
            {
                WorkerTeam.Threads = threads;
                Run(Options with { Text = new ColouredTextOptions { Text = "a cat met dogs" } });
                texts.Add(File.ReadAllText(folder["work/result/routes/routes.json"]) + File.ReadAllText(folder["work/result/routes/routes.html"]));
            }
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
        Assert.Equal(texts[0], texts[1]);
    }

    [Fact]
    public void Domains_are_told_apart()
    {
        File.WriteAllText(folder["numbers.txt"], string.Join(' ', Enumerable.Range(100, 300)));
        var report = Run(Options with { Data = [.. Options.Data, new NamedDataOptions { Path = folder["numbers.txt"], Name = "numbers" }] });
        Assert.True(Figure(report, "domain_divergence") > 1);
        var rows = report.Tables.Single(t => t.Title == "Domains").Rows;
        Assert.Equal(["stories", "numbers", "stories", "numbers"], rows.Select(r => r[1]));
        var router = Json["routers"]![0]!;
        Assert.Equal(Figure(report, "tokens"), router["domains"]!.AsArray().Sum(d => (long)d!["tokens"]!));
    }

    [Fact]
    public void A_checkpoint_agrees_with_itself_and_less_with_another()
    {
        var other = With("other", m => m, seed: 9);
        var report = Run(Options with { Against = [folder.Model, other] });
        Assert.Equal(100, Figure(report, "saturation_1"));
        Assert.InRange(Figure(report, "saturation_2"), 5, 95);
        var table = report.Tables.Single(t => t.Title == "Router saturation");
        Assert.Equal([folder.Model, "100.0", "100.0", "100.0", "50.0"], table.Rows[0]);
    }

    [Fact]
    public void A_checkpoint_with_other_routers_or_another_vocabulary_is_refused_when_planned()
    {
        var fewer = With("fewer", m => m with { Router = m.Router with { Experts = 3 }, ExpertWidths = [24, 24, 24] });
        Assert.Contains("0: 3, 1: 3", Refused(Options with { Against = [fewer] }), StringComparison.Ordinal);
        var larger = With("larger", m => m, vocabulary: 400);
        Assert.Contains("400 tokens", Refused(Options with { Against = [larger] }), StringComparison.Ordinal);
        Assert.Throws<BadModelException>(() => Plan(Options with { Against = [folder["nowhere"]] }));
    }

    [Fact]
    public void Another_tokenizer_is_refused_before_text_is_read()
    {
        var other = With("swapped", m => m);
        var file = Path.Combine(other, "tokenizer.json");
        var tokenizer = JsonNode.Parse(File.ReadAllText(file))!;
        var vocabulary = tokenizer["model"]!["vocab"]!.AsObject();
        (vocabulary["a"], vocabulary["b"]) = ((int)vocabulary["b"]!, (int)vocabulary["a"]!);
        File.WriteAllText(file, tokenizer.ToJsonString());
        var refused = Assert.Throws<BadRequestException>(() => Run(Options with { Against = [other] }));
        Assert.Contains("same tokenizer", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_only_training_drops_is_shown_when_asked_for()
    {
        var limited = With("limited", m => Routed(m, r => r with
        {
            Group = RoutingGroup.Sequence,
            Training = new() { Capacity = new(0.5f) { Order = CapacityOrder.Position } },
        }));
        var free = Run(Options, limited);
        Assert.Equal(0, Figure(free, "drop_rate"));
        Assert.Contains(free.Notes, n => n.Contains("as_in_training", StringComparison.Ordinal));
        Assert.DoesNotContain("dropped (%)", free.Tables.Single(t => t.Title == "Positions").Columns);

        var report = Run(Options with { AsInTraining = true }, limited);
        Assert.InRange(Figure(report, "drop_rate"), 10, 90);
        var drops = report.Curves.Single(c => c.Key == "drop_rate");
        // Places are given in the order of the sequence: nothing is lost at its beginning.
        Assert.Equal(0, drops.Values[0]);
        Assert.True(drops.Values[^1] > 10);
        Assert.Contains("dropped (%)", report.Tables.Single(t => t.Title == "Positions").Columns);
    }

    [Fact]
    public void Any_router_can_be_followed()
    {
        (string Name, Func<RouterSpec, RouterSpec> Change)[] routers =
        [
            ("relu", r => r with { Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw, Selection = new(SelectionKind.Positive) }),
            ("choice", r => r with { Weight = CombineWeight.Raw, Selection = new(SelectionKind.ExpertChoice) }),
            ("all", r => r with { Selection = new(SelectionKind.All) }),
            ("hash", r => r with { Key = RouterKey.TokenId, Score = RouterScore.Hash, Affinity = RouterAffinity.SoftmaxAfterSelection }),
            ("top1", r => r with { Chosen = 1, Weight = CombineWeight.Raw }),
        ];
        foreach (var (name, change) in routers)
        {
            var report = Run(Options with { Text = new ColouredTextOptions { Text = "a cat" } }, With(name, m => Routed(m, change)));
            Assert.True(Figure(report, "experts_per_token") >= 0, name);
            Assert.All(report.Figures, f => Assert.True(double.IsFinite(f.Value), $"{name}: {f.Key}"));
            if (name == "hash") Assert.Equal(100, Figure(report, "told_by_id"), 9);
            if (name == "top1") Assert.DoesNotContain(report.Figures, f => f.Key == "co_activation_most");
            if (name == "choice") Assert.Contains(report.Notes, n => n.StartsWith("not causal", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Attention_experts_have_routes_of_their_own()
    {
        var heads = With("heads", m => m, attention: a => a with { Experts = new AttentionExpertsSpec(new RouterSpec { Experts = a.KeyValueHeads, Chosen = 1 }, ExpertKeys.All, KeepFirst: false) });
        var report = Run(Options with { Text = new ColouredTextOptions { Text = "a cat" }, Against = [heads] }, heads);
        Assert.Equal(["0 attention", "0", "1 attention", "1"], report.Tables.Single(t => t.Title == "Load").Rows.Select(r => r[0]));
        Assert.Equal(1, Figure(report, "attention_experts_per_token"));
        Assert.Equal(100, Figure(report, "saturation_1"));
        Assert.Equal("Tokens by expert, layer 1", report.Tables[1].Title);
        Assert.Equal(4, Json["text"]!["routers"]!.AsArray().Count);
    }

    [Fact]
    public void A_text_is_shown_token_by_token()
    {
        var report = Run(Options with { Text = new ColouredTextOptions { Text = "a cat\nmet " + new string('x', 200) }, Layer = 0, Html = folder["more/page.html"] });
        var passage = Assert.Single(report.Passages);
        var text = string.Concat(passage.Pieces.Select(p => p.Text));
        Assert.EndsWith("a cat↵\nmet " + new string('x', 200), text, StringComparison.Ordinal);
        Assert.All(passage.Pieces, p => Assert.InRange(p.Label, 0, TinyFolder.Experts - 1));
        Assert.Equal(File.ReadAllText(folder["work/result/routes/routes.html"]), File.ReadAllText(folder["more/page.html"]));
    }

    [Fact]
    public void A_text_that_is_too_long_or_empty_is_refused()
    {
        var longest = new ColouredTextOptions { Text = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i} ")) };
        Assert.Contains("16,384", Assert.Throws<BadRequestException>(() => Run(Options with { Text = longest })).Message, StringComparison.Ordinal);
        var options = Options with { Text = new ColouredTextOptions { Text = "" } };
        Assert.Contains(options.Validate(new ValidationContext(options)), r => r.ErrorMessage!.Contains("empty", StringComparison.Ordinal));
        Assert.Contains("task code was named", Refused(Options with { Text = new ColouredTextOptions { Text = "a", Task = "code" } }), StringComparison.Ordinal);
    }

    [Fact]
    public void A_dense_model_a_layer_without_router_and_a_long_context_are_refused()
    {
        Assert.Contains("no router", Refused(Options with { Layer = 7 }), StringComparison.Ordinal);
        Assert.Contains("longer than the model's 64", Refused(Options with { Context = 65 }), StringComparison.Ordinal);
        var dense = new ModelOutline(new JsonObject(ModelOutline.Read(folder.Model).Config.Where(p => !p.Key.Contains("experts", StringComparison.Ordinal))
            .Select(p => KeyValuePair.Create(p.Key, p.Key == "model_type" ? JsonValue.Create("llama") : p.Value?.DeepClone()))), 0);
        var refused = Assert.Throws<BadRequestException>(() => new RoutesStep(Options).Plan(new() { Model = dense, Seed = 1, Threads = 1 }));
        Assert.Contains("dense", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_name_twice_is_refused()
    {
        var options = Options with { Data = [.. Options.Data, .. Options.Data] };
        Assert.Contains(options.Validate(new ValidationContext(options)), r => r.ErrorMessage!.Contains("twice", StringComparison.Ordinal));
    }

    [Fact]
    public void The_second_such_step_of_a_recipe_keeps_the_files_of_the_first()
    {
        new RoutesStep(Options).Run(folder.StepContext(folder.Model) with { Results = [("split", "1"), ("routes", "2")] });
        Assert.True(File.Exists(folder["work/result/routes-2/routes.json"]));
    }

    [Fact]
    public void It_stops_when_asked_to()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => new RoutesStep(Options).Run(folder.StepContext(folder.Model) with { Cancellation = source.Token }));
    }

    [Fact]
    public void A_model_that_routes_by_task_needs_the_task_of_every_text()
    {
        var tasks = With("tasks", m => Routed(m, r => r with { Key = RouterKey.Task, Keys = 2, KeyWidth = 4 }), tasks: ["code", "prose"]);
        Assert.Contains("no task is named", Refused(Options, tasks), StringComparison.Ordinal);
        NamedDataOptions Of(string task) => new() { Path = folder.Text, Name = task, Task = task };
        var options = Options with { Data = [Of("code"), Of("prose")] };
        Assert.Contains("text: no task", Refused(options with { Text = new ColouredTextOptions { Text = "a" } }, tasks), StringComparison.Ordinal);
        var report = Run(options with { Text = new ColouredTextOptions { Text = "a cat", Task = "prose" } }, tasks);
        // The same two experts for every token of a task.
        Assert.All(Json["routers"]!.AsArray(), r => Assert.All(r!["domains"]!.AsArray(), d => Assert.Equal(2, d!["slots"]!.AsArray().Count(n => (long)n! > 0))));
        Assert.Single(report.Passages[0].Pieces.Select(p => p.Label).Distinct());
    }

    StepPlan Plan(RoutesStepOptions options, string? model = null) =>
        new RoutesStep(options).Plan(new() { Model = ModelOutline.Read(model ?? folder.Model), Seed = 1, Threads = 2 });

    string Refused(RoutesStepOptions options, string? model = null) => Assert.Throws<BadRequestException>(() => Plan(options, model)).Message;
}

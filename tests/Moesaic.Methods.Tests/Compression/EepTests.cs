using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Compression;
using Moesaic.Methods.Compression.Search;
using Moesaic.Methods.Data;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Tests.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Tests.Compression;

public sealed class EepTests
{
    static readonly KeptExperts[] Spaces = [new(8, 4, 1), new(8, 4, 1)];

    // Every group has an expert set that is best, and mixing in some of the others is better still.
    static double Fitness(IReadOnlyList<ExpertMap> maps) => -maps.Sum(m => Enumerable.Range(0, m.Rows).Sum(i =>
        Enumerable.Range(0, m.Columns).Sum(j => Math.Pow(m.Experts[(i * m.Columns) + j] - (j == i * 2 ? 1 : 0.05), 2))));

    [Fact]
    public void Choices_improve_and_none_is_measured_twice()
    {
        var options = new EepOptions { Pruning = 120, Initial = 20, PruningTolerance = 100 };
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var found = new Eep(Spaces, options, 5).Run(m =>
        {
            Assert.All(m, map => Assert.NotNull(map.Chosen));
            Assert.True(seen.Add(string.Join('|', m.Select(map => string.Join(' ', map.Chosen!)))));
            return Fitness(m);
        });
        Assert.Equal(120, found.Count);
        Assert.True(found[0].Fitness > found.Skip(60).Average(c => c.Fitness) + 2);
        Assert.Equal(found.Select(c => c.Fitness).OrderDescending(), found.Select(c => c.Fitness));
    }

    [Fact]
    public void Merging_goes_on_where_choosing_ended()
    {
        var options = new EepOptions { Pruning = 60, Initial = 20, Merging = 200, PruningTolerance = 100 };
        var found = new Eep(Spaces, options, 5).Run(Fitness);
        Assert.Contains(found.Take(5), c => c.Maps.Any(m => m.Chosen is null));
        Assert.True(found[0].Fitness > found.Where(c => c.Maps.All(m => m.Chosen is not null)).Max(c => c.Fitness));
    }

    [Fact]
    public void A_search_is_repeated_from_its_measurements()
    {
        var options = new EepOptions { Pruning = 40, Initial = 10, Merging = 20 };
        var told = new List<double>();
        var whole = new Eep(Spaces, options, 9).Run(Fitness, note: (f, n) => { told.Add(f); Assert.Equal(told.Count, n); });
        var measured = 0;
        var again = new Eep(Spaces, options, 9).Run(m => { measured++; return Fitness(m); }, told[..45]);
        Assert.Equal(15, measured);
        Assert.Equal(whole.Select(c => c.Fitness), again.Select(c => c.Fitness));
    }

    [Fact]
    public void A_space_that_is_known_whole_ends_the_search()
    {
        var found = new Eep([new(4, 2, 1)], new EepOptions { Pruning = 100 }, 1).Run(Fitness);
        Assert.Equal(6, found.Count);
    }

    [Fact]
    public void A_map_of_single_ones_is_a_choice_and_the_same_model_as_the_slice()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        Dictionary<int, int[]> kept = new() { [0] = [1, 3, 4], [3] = [0, 2, 4] };
        using var merged = new MergedLayers(pieces, kept.ToDictionary(k => k.Key, k => ExpertMap.Choose(k.Value, 5)));
        using var sliced = new SelectedLayers(pieces, SearchModel.Keep(pieces.Spec, kept));
        Assert.Equal(sliced.Spec.Layers, merged.Spec.Layers);
        Assert.Equal(0, SearchModel.SquaredError(SearchModel.Streams(sliced, 4, false), SearchModel.Streams(merged, 4, false)));
    }

    [Fact]
    public void A_choice_behind_its_map_is_the_slice_too()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        int[] kept = [1, 3, 4];
        var map = ExpertMap.Choose(kept, 5);
        // Not quite a choice, so that the map stays in the router.
        var nearly = map with { Experts = [.. map.Experts.Select(w => w == 1 ? 1 : 1e-30f)] };
        using var mapped = new MergedLayers(pieces, new Dictionary<int, ExpertMap> { [2] = nearly });
        using var sliced = new SelectedLayers(pieces, SearchModel.Keep(pieces.Spec, new Dictionary<int, int[]> { [2] = kept }));
        Assert.NotNull(((MixtureSpec)mapped.Spec.Layers[2].FeedForward).Router.Map);
        var wanted = SearchModel.Streams(sliced, 4, false);
        Assert.Equal(0, SearchModel.SquaredError(wanted, SearchModel.Streams(mapped, 4, false)), 1e-8);
        Assert.True(SearchModel.SquaredError(wanted, SearchModel.Streams(pieces, 4, false)) > 1e-3);
    }

    [Fact]
    public void The_identity_changes_nothing()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        var identity = ExpertMap.Choose([0, 1, 2, 3, 4], 5);
        var nearly = identity with { Experts = [.. identity.Experts.Select(w => w == 1 ? 1 : 1e-30f)] };
        using var mapped = new MergedLayers(pieces, new Dictionary<int, ExpertMap> { [0] = nearly, [3] = identity });
        Assert.Equal(0, SearchModel.SquaredError(SearchModel.Streams(pieces, 4, false), SearchModel.Streams(mapped, 4, false)), 1e-8);
    }

    [Fact]
    public void A_merged_expert_is_the_sum_of_its_parts()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        var map = new ExpertMap(2, 5, [0.5f, 0, 0.25f, 0, 0, 0, 1, 0, 0, -0.1f], ExpertMap.Choose([0, 1], 5).Router);
        using var merged = new MergedLayers(pieces, new Dictionary<int, ExpertMap> { [2] = map });
        using var layer = merged.Layer(2);
        const string Name = "model.layers.2.mlp.experts.{0}.down_proj.weight";
        Tensor Old(int e) => model[string.Format(System.Globalization.CultureInfo.InvariantCulture, Name, e)];
        var first = layer["model.layers.0.mlp.experts.0.down_proj.weight"].Span;
        for (var i = 0; i < first.Length; i++) Assert.Equal((0.5f * Old(0).Span[i]) + (0.25f * Old(2).Span[i]), first[i], 1e-6f);
        Assert.Equal(5, layer["model.layers.0.mlp.gate.weight"].Rows);
    }

    [Fact]
    public void Groups_are_ranges_that_name_every_layer_with_experts_once()
    {
        using var model = SearchModel.Make();
        Assert.Equal([[0], [2, 3]], LayerGroups.Of(model.Spec, ["0-1", "2-3"]));
        Assert.Equal([[0], [2, 3]], LayerGroups.ByDepth(model.Spec, 2));
        Assert.Equal(3, LayerGroups.ByDepth(model.Spec, 9).Length);
        foreach (var wrong in new[] { new[] { "0-2" }, ["0-3", "3"], ["0-3", "7"], ["layers.0-3"], ["1", "0-3"] })
            Assert.Throws<BadRequestException>(() => LayerGroups.Of(model.Spec, wrong));
    }

    [Fact]
    public void Routers_without_a_softmax_over_all_are_not_merged_but_chosen_from()
    {
        using var model = SearchModel.Make(SearchModel.Router with { Affinity = RouterAffinity.Sigmoid });
        MergedLayers.Check(model.Spec, merge: false);
        Assert.Throws<BadRequestException>(() => MergedLayers.Check(model.Spec, merge: true));
    }

    /// <summary>In pieces or whole, a model writes the same; and methods that evaluate measures are not among those of a search.</summary>
    [Fact]
    public void A_search_may_measure_what_models_write()
    {
        var demo = Path.GetFullPath(Path.Combine(Here(), "..", "..", "..", "models", "demo"));
        var options = new EepOptions { Metric = EepMetric.Signature, SignatureItems = 6, SignatureTokens = 40 };
        using var pieces = StoredLayers.Open(demo);
        var metric = new SignatureMetric(demo, options);
        double first = metric.Measure(pieces, other: false, default), other = metric.Measure(pieces, other: true, default);

        using var loaded = ModelFolder.Load(demo);
        var tokenizer = ModelTokenizer.Load(demo, loaded.Model.Spec);
        var task = new SignatureTask(loaded.Model, tokenizer, EndOfText.Ids(demo, loaded.Model.Spec, tokenizer));
        var items = task.Choose(TextData.Docs.Signatures(CorpusSplit.Train), 12, 40);
        Assert.Empty(items.Select(i => i.Domain).Intersect(TextData.Docs.Signatures(CorpusSplit.HeldOut).Select(i => i.Domain)));
        double Score(int from)
        {
            SignatureItem[] asked = [.. items.Where((_, i) => i % 2 == from)];
            var scores = SignatureScores.Of(asked, task.Write(asked, 40));
            return 50 * (scores.Parameters + scores.Verb);
        }
        Assert.Equal(Score(0), first, 1e-9);
        Assert.Equal(Score(1), other, 1e-9);
        Assert.True(first > 5);

        static string Here([System.Runtime.CompilerServices.CallerFilePath] string here = "") => Path.GetDirectoryName(here)!;
    }

    [Fact]
    public void Text_and_signatures_do_not_go_together()
    {
        using var model = SearchModel.Make();
        var options = new PruneStepOptions { Method = PruneMethod.Eep, Keep = 3, Eep = new EepOptions { Metric = EepMetric.Signature, Groups = 1 } };
        new EepPruner(options).Check(model.Spec);
        Assert.Contains("leave calibration out", Assert.Throws<BadRequestException>(() => new EepPruner(options with { Calibration = new() { Path = "text" } }).Check(model.Spec)).Message,
            StringComparison.Ordinal);
        Assert.Contains("name calibration text", Assert.Throws<BadRequestException>(() => new EepPruner(options with { Eep = new() }).Check(model.Spec)).Message, StringComparison.Ordinal);
    }
}

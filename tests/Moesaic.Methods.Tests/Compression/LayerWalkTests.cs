using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Search;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Methods.Tests.Training;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Compression;

public sealed class LayerWalkTests
{
    static readonly Dictionary<int, KeptExperts> Spaces = new[] { 0, 2, 3 }.ToDictionary(l => l, _ => new KeptExperts(5, 3, 1));

    static SearchText Text(ModelPieces pieces, int tokens = 1 << 20) => new(ModelLayers.Of(pieces, owned: false), TinyRun.Data(), tokens, new HashSet<int>());

    [Fact]
    public void Layers_apart_find_what_pruned_layers_find_on_the_whole_models_input()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        var found = new NaeeSearch(Text(pieces), new SearchOptions(), progressive: false).Run(Spaces, new SearchJournal(null), SilentProgress.Instance, default);
        foreach (var choice in found)
        {
            var wanted = SearchModel.Streams(pieces, choice.Layer, output: true);
            var (kept, error) = Spaces[choice.Layer].All().Select(c => (c, Error(pieces, choice.Layer, new() { [choice.Layer] = c }, wanted))).MinBy(c => c.Item2);
            Assert.Equal(kept, choice.Best[0].Kept);
            Assert.Equal(error, choice.Best[0].Error, 1e-3 * error);
        }
    }

    [Fact]
    public void Progressive_layers_read_what_pruned_layers_give_and_are_held_to_the_whole_model()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        var found = new NaeeSearch(Text(pieces), new SearchOptions(), progressive: true).Run(Spaces, new SearchJournal(null), SilentProgress.Instance, default);
        var before = new Dictionary<int, int[]>();
        foreach (var choice in found)
        {
            var wanted = SearchModel.Streams(pieces, choice.Layer, output: true);
            var (kept, error) = Spaces[choice.Layer].All().Select(c => (c, Error(pieces, choice.Layer, new(before) { [choice.Layer] = c }, wanted))).MinBy(c => c.Item2);
            Assert.Equal(kept, choice.Best[0].Kept);
            Assert.Equal(error, choice.Best[0].Error, 1e-3 * error);
            before[choice.Layer] = kept;
        }
    }

    static double Error(ModelPieces pieces, int layer, Dictionary<int, int[]> kept, List<float[]> wanted)
    {
        using var pruned = new SelectedLayers(pieces, SearchModel.Keep(pieces.Spec, kept));
        return SearchModel.SquaredError(wanted, SearchModel.Streams(pruned, layer, output: true));
    }

    [Fact]
    public void A_window_takes_the_best_of_all_combinations()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        Dictionary<int, IReadOnlyList<int[]>> candidates = new() { [0] = [[0, 1, 2], [1, 2, 3]], [2] = [[0, 2, 4], [0, 1, 3]], [3] = [[2, 3, 4], [0, 1, 4], [0, 2, 3]] };
        var told = new List<int>();
        var found = new WindowSearch(Text(pieces)).Run(candidates, 3, _ => null, (first, kept) => told.Add(first + kept.Length), default);
        var wanted = SearchModel.Streams(pieces, 4, output: false);
        var best = (from a in candidates[0] from b in candidates[2] from c in candidates[3] select new Dictionary<int, int[]> { [0] = a, [2] = b, [3] = c })
            .MinBy(kept =>
            {
                using var pruned = new SelectedLayers(pieces, SearchModel.Keep(pieces.Spec, kept));
                return SearchModel.SquaredError(wanted, SearchModel.Streams(pruned, 4, output: false));
            })!;
        Assert.Equal([3], told);
        foreach (var (layer, kept) in best) Assert.Equal(kept, found[layer]);
    }

    [Fact]
    public void A_search_that_was_stopped_goes_on_to_the_same_end()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        using var folder = new TemporaryFolder();
        var options = new SearchOptions { Population = 6, Generations = 3, Tokens = 100 };
        LayerChoice[] Run(string? at, CancellationToken cancellation = default)
        {
            var search = new MoeI2Search(Text(pieces, 100), options, seed: 3);
            var journal = new SearchJournal(at);
            return search.Run(Spaces, search.Importance(Spaces.Keys, journal, SilentProgress.Instance, cancellation), journal, SilentProgress.Instance, cancellation);
        }
        var whole = Run(null);
        var work = Path.Combine(folder.Path, "search");
        Run(work);
        foreach (var file in Directory.GetFiles(work).Where(f => f.Contains("genetic-0003", StringComparison.Ordinal) || f.Contains("window", StringComparison.Ordinal))) File.Delete(file);
        var again = Run(work);
        Assert.Equal(whole.Select(c => string.Join(' ', c.Best[0].Kept)), again.Select(c => string.Join(' ', c.Best[0].Kept)));
        Assert.Equal(whole.Select(c => c.Importance), again.Select(c => c.Importance));
    }

    [Fact]
    public void A_sample_is_of_so_many_tokens()
    {
        using var model = SearchModel.Make();
        using var pieces = new ModelInPieces(model);
        var text = Text(pieces, 37);
        Assert.Equal(37, text.Sample.Rows);
        Assert.Equal(text.Sample.PassOfRow.Order(), text.Sample.PassOfRow);
        Assert.True(text.Part(20).Passes.Length < text.Passes.Length);
    }
}

using Moesaic.Formats;
using Moesaic.Methods.Compression.Allocation;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Tests.Calibration;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Tests.Compression;

public sealed class PrunePlanTests
{
    static readonly PrunePlan Plan = new()
    {
        Method = "reap", Parameters = new SortedDictionary<string, string> { ["rounds"] = "2" }, Seed = 3, Ratio = 0.25,
        Layers =
        [
            new LayerRanking { Layer = 0, Scores = [4, 3, 2, 1, 0.1, 8, 7, 1.0 / 3], Ranking = [5, 6, 0, 1, 2, 3, 7, 4], Floor = 2 },
            new LayerRanking { Layer = 2, Scores = [1, 2, 3, 4, 5, 6, 7, 8], Ranking = [7, 6, 5, 4, 3, 2, 1, 0], Floor = 2, Protected = [7] },
        ],
        Decided = new ExpertSelection([new LayerSelection(0) { Experts = [0, 1, 2, 3, 5, 6] }, new LayerSelection(1), new LayerSelection(2) { Experts = [2, 3, 4, 5, 6, 7] }]),
    };

    [Fact]
    public void The_file_comes_back_as_it_was()
    {
        using var folder = new TemporaryFolder();
        var before = Plan with { Before = Plan with { Method = "frequency" } };
        before.Save(folder[PrunePlan.FileName]);
        var read = PrunePlan.Load(folder.Path);
        Assert.Equal(before.ToJson(), read.ToJson());
        Assert.Equal(before.Layers, read.Layers);
        Assert.Equal(before.Decided, read.Decided);
        Assert.Contains("\"ranking\": [5, 6, 0, 1, 2, 3, 7, 4]", before.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public void Any_ratio_is_read_off_the_ranking_and_smaller_ones_hold_larger_ones()
    {
        Assert.Same(Plan.Decided, Plan.Select());
        Assert.Same(Plan.Decided, Plan.Select(0.25));
        var half = Plan.Select(0.5);
        Assert.Equal([0, 1, 5, 6], half.Layers[0].Experts!);
        Assert.Null(half.Layers[1].Experts);
        Assert.Equal([4, 5, 6, 7], half.Layers[2].Experts!);
        Assert.All(Plan.Select(0.75).Layers[0].Experts!, e => Assert.Contains(e, half.Layers[0].Experts!));
        Assert.Contains("router needs 2", Assert.Throws<BadRequestException>(() => Plan.Select(0.9)).Message, StringComparison.Ordinal);
        // Over all layers the low scores of layer 0 go first.
        var global = (Plan with { Scope = PruneScope.Global, Ratio = null }).Select(0.25);
        Assert.Equal([0, 1, 2, 5, 6], global.Layers[0].Experts!);
        Assert.Equal(7, global.Layers[2].Experts!.Count);
    }

    [Fact]
    public void Plans_that_contradict_themselves_or_the_model_are_refused()
    {
        using var folder = new TemporaryFolder();
        Refused(Plan with { Layers = [Plan.Layers[0] with { Ranking = [5, 6, 0, 1, 2, 3, 7, 7] }] }, "name each of its experts");
        Refused(Plan with { Layers = [Plan.Layers[0] with { Scores = [1] }] }, "has 1 scores");
        Refused(Plan with { Layers = [Plan.Layers[0] with { Groups = 3 }] }, "3 groups");
        Refused(Plan with { Layers = [Plan.Layers[0], Plan.Layers[0]] }, "ranked twice");
        Refused(Plan with { Format = 9 }, "version 9");
        File.WriteAllText(folder["x.json"], Plan.ToJson().Replace("\"seed\"", "\"sead\"", StringComparison.Ordinal));
        Assert.Contains("no plan to prune by", Assert.Throws<BadRequestException>(() => PrunePlan.Load(folder["x.json"])).Message, StringComparison.Ordinal);
        Assert.Contains("cannot be read", Assert.Throws<BadRequestException>(() => PrunePlan.Load(folder["y.json"])).Message, StringComparison.Ordinal);

        using var model = TinyMixture.Make(TinyMixture.Routers["mixtral"]);
        Plan.RequireOf(model.Spec, "here");
        using var other = TinyMixture.Make(new RouterSpec { Experts = 4, Chosen = 2 });
        Assert.Contains("ranks 8 experts of layer 0, where this model has 4", Assert.Throws<BadRequestException>(() => Plan.RequireOf(other.Spec, "here")).Message, StringComparison.Ordinal);

        void Refused(PrunePlan plan, string reason)
        {
            plan.Save(folder["x.json"]);
            Assert.Contains(reason, Assert.Throws<BadRequestException>(() => PrunePlan.Load(folder["x.json"])).Message, StringComparison.Ordinal);
        }
    }
}

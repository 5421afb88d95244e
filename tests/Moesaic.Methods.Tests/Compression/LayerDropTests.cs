using Moesaic.Formats;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression;
using Moesaic.Methods.Compression.Drops;
using Moesaic.Methods.Compression.Plans;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Calibration;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Compression;

public sealed class LayerDropTests : IDisposable
{
    const int Layers = 4;

    readonly TextMixture mixture = new(layers: Layers);

    public void Dispose() => mixture.Dispose();

    StepReport Run(PruneMethod method, int count, string name, bool consecutive = false, string input = "model") =>
        new PruneStep(new PruneStepOptions { Method = method, Count = count, Consecutive = consecutive, Calibration = mixture.Data, HeldOut = mixture.Data, Context = 16 })
            .Run(mixture.Context(name, input));

    PrunePlan Plan(string name) => PrunePlan.Load(mixture.Folder[name]);

    byte[] File(string name) => System.IO.File.ReadAllBytes(mixture.Folder[name]);

    [Theory]
    [InlineData(PruneMethod.LayerDrop, false)]
    [InlineData(PruneMethod.BlockDrop, false)]
    [InlineData(PruneMethod.BlockDrop, true)]
    public void With_nothing_dropped_it_is_the_same_file(PruneMethod method, bool consecutive)
    {
        Run(method, 0, "all", consecutive);
        Assert.Equal(File("model/model.safetensors"), File("all/model.safetensors"));
        Assert.Equal(File("model/config.json"), File("all/config.json"));
    }

    /// <summary>A model without a feed-forward is, to the bit, the one in which it gives zero; and such a feed-forward is the first to go.</summary>
    [Fact]
    public void A_feed_forward_that_goes_is_one_that_gives_nothing()
    {
        Run(PruneMethod.LayerDrop, 2, "two");
        var plan = Plan("two");
        int[] gone = [.. plan.Decided.Layers.Where(l => l.DropsFeedForward).Select(l => l.Layer)];
        Assert.Equal(plan.Drops!.Ranking.Take(2).Order(), gone);
        Assert.Equal(plan.Drops.Similarities.OrderDescending(), plan.Drops.Similarities);

        using var silenced = ModelFolder.Load(mixture.Folder["model"]);
        foreach (var parameter in silenced.Model.Parameters.Where(p => p.Name.EndsWith("down_proj.weight", StringComparison.Ordinal)
            && gone.Any(l => p.Name.Contains($".layers.{l}.", StringComparison.Ordinal))))
            parameter.Value.Span.Clear();
        using var dropped = ModelFolder.Load(mixture.Folder["two"]);
        var tokens = Enumerable.Range(0, 12).Select(t => t * 7 % 200).ToArray();
        Assert.Equal(TinyModel.Logits(silenced.Model, tokens), TinyModel.Logits(dropped.Model, tokens));
        Assert.All(gone, l => Assert.IsType<AbsentSpec>(dropped.Model.Spec.Layers[l].FeedForward));
        Assert.Equal("moesaic", dropped.Layout);

        var report = Run(PruneMethod.LayerDrop, 2, "silent", input: Save(silenced.Model, "silenced"));
        Assert.Equal(gone, Plan("silent").Decided.Layers.Where(l => l.DropsFeedForward).Select(l => l.Layer));
        Assert.Equal(report.Figures.Single(f => f.Key == "held_out_loss_before").Value, report.Figures.Single(f => f.Key == "held_out_loss").Value);
        Assert.Contains("the feed-forwards of 2 of 4 layers go, by layer_drop", report.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_gone_already_does_not_go_again()
    {
        Run(PruneMethod.LayerDrop, 1, "one");
        Run(PruneMethod.LayerDrop, 1, "again", input: "one");
        var first = Plan("one").Drops!.Ranking[0];
        Assert.Equal(Layers - 1, Plan("again").Drops!.Ranking.Count);
        Assert.DoesNotContain(first, Plan("again").Drops!.Ranking);
        using var twice = ModelFolder.Load(mixture.Folder["again"]);
        Assert.Equal(2, twice.Model.Spec.Layers.Count(l => l.FeedForward is AbsentSpec));
    }

    /// <summary>Layers that add nothing go first, and the standard layout holds the rest.</summary>
    [Fact]
    public void Blocks_that_do_nothing_go_without_a_trace()
    {
        using (var loaded = ModelFolder.Load(mixture.Folder["model"]))
        {
            foreach (var parameter in loaded.Model.Parameters.Where(p => p.Name.Contains(".layers.1.", StringComparison.Ordinal)
                && (p.Name.EndsWith("down_proj.weight", StringComparison.Ordinal) || p.Name.EndsWith("o_proj.weight", StringComparison.Ordinal))))
                parameter.Value.Span.Clear();
            Save(loaded.Model, "idle");
        }
        var report = Run(PruneMethod.BlockDrop, 1, "short", input: "idle");
        Assert.Equal([0, 2, 3], Plan("short").Decided.Layers.Select(l => l.Layer));
        Assert.Equal(1, Plan("short").Drops!.Similarities[0], 1e-9);
        Assert.Equal(report.Figures.Single(f => f.Key == "held_out_loss_before").Value, report.Figures.Single(f => f.Key == "held_out_loss").Value);
        using LoadedModel source = ModelFolder.Load(mixture.Folder["idle"]), made = ModelFolder.Load(mixture.Folder["short"]);
        Assert.Equal(source.Layout, made.Layout);

        Run(PruneMethod.BlockDrop, 1, "window", consecutive: true, input: "idle");
        Assert.Equal(Plan("short").Decided, Plan("window").Decided);
    }

    /// <summary>The window is the one of all whose hidden states, so many layers apart, are most alike: not one layer further apart.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Windows_are_judged_by_states_so_many_layers_apart(int count)
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["mixtral"], layers: Layers, denseFirst: true);
        var data = TinyMixture.Data();
        var layers = ModelLayers.Of(model);
        var statistics = new Calibrator(layers, new CalibrationOptions { SimilarityTokens = 1 << 20 }).Run(data, new string('a', 64));
        var states = Enumerable.Range(0, Layers + 1).Select(_ => new List<float[]>()).ToArray();
        foreach (var batch in BatchStream.Once(data, 1, padId: 0))
            foreach (var segment in batch.Segments.Where(s => !s.IsPadding))
                Follow(layers, [.. batch.Tokens.Skip(segment.Start).Take(segment.Length)], states);
        var windows = Enumerable.Range(0, Layers - count + 1).Select(start => states[start].Zip(states[start + count], Cosine).Average()).ToArray();

        var (found, similarity) = BlockDrop.BestWindow(statistics.Similarity, count);
        Assert.Equal(Array.IndexOf(windows, windows.Max()), found);
        Assert.Equal(windows.Max(), similarity, 1e-5);
        Assert.True(windows.Length == 1 || windows.Max() - windows.Min() > 1e-3);

        var blocks = BlockDrop.Rank(statistics.Layers);
        foreach (var (layer, alike) in blocks.Ranking.Zip(blocks.Similarities)) Assert.Equal(states[layer].Zip(states[layer + 1], Cosine).Average(), alike, 1e-5);
        var kept = BlockDrop.Window(blocks, found, count).Without(Layers, count);
        Assert.Equal(Enumerable.Range(0, Layers).Where(l => l < found || l >= found + count), kept.Layers.Select(l => l.Layer));
        kept.Shape(model.Spec);
        Assert.Equal(Layers, LayerDrop.Rank(model.Spec, statistics.Layers).Ranking.Count);     // the dense one too
    }

    [Fact]
    public void Other_ratios_are_read_off_the_plan_unless_it_is_of_a_window()
    {
        Run(PruneMethod.BlockDrop, 1, "one");
        Run(PruneMethod.BlockDrop, 2, "two");
        Run(PruneMethod.LayerDrop, 1, "feed");
        Assert.Equal(Plan("two").Decided, Plan("one").Select(0.5));
        Assert.Equal(3, Plan("feed").Select(0.75).Layers.Count(l => l.DropsFeedForward));
        new PruneStep(new PruneStepOptions { Plan = mixture.Folder["one"], Ratio = 0.5, Context = 16 }).Run(mixture.Context("planned"));
        Assert.Equal(File("two/model.safetensors"), File("planned/model.safetensors"));

        Run(PruneMethod.BlockDrop, 2, "window", consecutive: true);
        var decided = Plan("window").Decided.Layers.Select(l => l.Layer).ToArray();
        int[] gone = [.. Enumerable.Range(0, Layers).Except(decided)];
        Assert.Equal(gone[0] + 1, gone[1]);
        Assert.Throws<BadRequestException>(() => Plan("window").Select(0.25));
    }

    [Fact]
    public void What_cannot_be_is_refused_before_anything_is_measured()
    {
        var context = new PlanContext { Model = ModelOutline.Read(mixture.Folder["model"]), Seed = 1, Threads = 2 };
        void Refused(PruneStepOptions options, string reason) =>
            Assert.Contains(reason, Assert.Throws<BadRequestException>(() => new PruneStep(options with { Context = 16 }).Plan(context)).Message, StringComparison.Ordinal);
        var some = new PruneStepOptions { Method = PruneMethod.BlockDrop, Count = 1, Calibration = mixture.Data };
        Refused(some with { Count = 4 }, "one must stay");
        Refused(some with { Count = 5, Method = PruneMethod.LayerDrop }, "cannot go");
        Refused(some with { Ratio = 0.5 }, "said once");
        Refused(some with { Count = null }, "said once");
        Refused(some with { Rounds = 2 }, "which experts stay");
        Refused(some with { Consecutive = true, Method = PruneMethod.LayerDrop }, "consecutive is for block_drop");
        Refused(some with { Consecutive = true, Pass = new CalibrationOptions { SimilarityTokens = 0 } }, "similarity_tokens");
        Refused(some with { Method = PruneMethod.Reap }, "count is for");
        var plan = new PruneStep(some with { Count = null, Ratio = 0.5, Context = 16 }).Plan(context);
        Assert.Equal(2, (context with { Model = plan.Model! }).Shape().Layers.Count);
        Assert.Contains("2 of 4 layers go, by block_drop", plan.Summary, StringComparison.Ordinal);
    }

    string Save(Model model, string name)
    {
        ModelFolder.Save(model, mixture.Folder[name], new SaveOptions { Type = TensorType.F32, SideFilesFrom = mixture.Folder["model"] });
        return name;
    }

    static void Follow(ModelLayers layers, int[] tokens, List<float[]>[] states)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var input = PassInput.Sequence(tokens);
        var x = layers.Embedding().Embed(workspace, input);
        for (var l = 0; l <= Layers; l++)
        {
            for (var t = 0; t < tokens.Length; t++) states[l].Add(x.Row(t).ToArray());
            if (l < Layers) x = layers.Layer(l, tokens.Length).Forward(workspace, x, input, null);
        }
    }

    static double Cosine(float[] a, float[] b)
    {
        double ab = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++) (ab, aa, bb) = (ab + ((double)a[i] * b[i]), aa + ((double)a[i] * a[i]), bb + ((double)b[i] * b[i]));
        return ab / Math.Sqrt(aa * bb);
    }
}

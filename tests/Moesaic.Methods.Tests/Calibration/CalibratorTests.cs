using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Methods.Tests.Construction;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;
using Moesaic.Tensors;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Tests.Calibration;

public sealed class CalibratorTests
{
    static readonly CalibrationOptions Some = new() { SimilarityTokens = 20, RowsPerPass = 2 };

    static CalibrationStatistics Gather(Model model, CalibrationOptions options, string? journal = null, IReadOnlySet<int>? special = null,
        CancellationToken cancellation = default, PackedDataset? data = null, IProgressReporter? progress = null) => new Calibrator(ModelLayers.Of(model), options)
        {
            Journal = journal, SpecialIds = special ?? new HashSet<int>(), Cancellation = cancellation, Progress = progress ?? SilentProgress.Instance,
        }.Run(data ?? TinyMixture.Data(), new string('a', 64));

    static byte[] Bytes(CalibrationStatistics statistics)
    {
        using var folder = new TemporaryFolder();
        statistics.Save(folder.Path);
        return File.ReadAllBytes(folder[CalibrationStatistics.ArraysName]);
    }

    [Theory]
    [InlineData("mixtral")]
    [InlineData("raw")]
    [InlineData("one")]
    [InlineData("deepseek_v3")]
    [InlineData("above")]
    public void Sums_are_those_of_a_loop_over_tokens(string router)
    {
        using var model = TinyMixture.Make(TinyMixture.Routers[router], denseFirst: true);
        var (special, data) = (new HashSet<int> { 3, 17 }, TinyMixture.Data());
        var statistics = Gather(model, Some with { Rows = CalibratedRows.All }, special: special);
        var naive = NaiveExperts.Watch(model, data, id => !special.Contains(id));
        Assert.Null(statistics.Layers[0].Experts);
        for (var l = 1; l < 3; l++)
        {
            var (found, wanted) = (statistics.Experts(l), naive[l]!);
            Assert.Equal(wanted.Tokens, found.Tokens);
            Assert.True(found.Tokens < data.Report.Tokens);      // special ones are left out
            Assert.Equal(wanted.Routed, found.Routed);
            Assert.Equal(wanted.Routed, found.Outputs.Rows);
            Assert.Equal(wanted.Together.Cast<long>(), found.CoActivation);
            Close(wanted.Gates, found.Gates);
            Close(wanted.Shares, found.GateShares);
            Close(wanted.Probabilities, found.Probabilities);
            Close(wanted.Norms, found.Outputs.Norms);
            Close(wanted.GatedNorms, found.Outputs.GatedNorms);
            Close(wanted.Largest, found.Outputs.Largest);
            Close(wanted.Outputs.Cast<double>(), found.Outputs.Sums);
            Close(wanted.Gram.Cast<double>(), found.LogitGram);
            Close(wanted.AllNorms, found.AllOutputs!.Norms);
            Assert.All(found.AllOutputs.Rows, n => Assert.Equal(wanted.Tokens, n));
            if (router == "one") continue;
            var ratios = wanted.SecondRatios.Order().ToArray();
            Assert.Equal(ratios.Length, found.Ratios.AsSpan(0, ShareHistogram.Bins).ToArray().Sum());
            Assert.Equal(ratios[(ratios.Length / 2) - 1], found.RatioQuantile(2, (ratios.Length / 2) / (double)ratios.Length), 2.0 / ShareHistogram.Bins);
        }
        Assert.Equal(3.0, statistics.Layers.Count);

        static void Close(IEnumerable<double> wanted, IEnumerable<double> found)
        {
            var scale = wanted.Max(Math.Abs) + 1e-9;
            foreach (var (w, f) in wanted.Zip(found)) Assert.Equal(w, f, 2e-5 * scale);
        }
    }

    /// <summary>Heads that are experts have a router like any other.</summary>
    [Fact]
    public void Routers_of_heads_are_counted_too()
    {
        using var plain = TinyMixture.Make(TinyMixture.Routers["mixtral"]);
        var heads = new AttentionSpec(4, 4, 8) { Experts = new AttentionExpertsSpec(new RouterSpec { Experts = 4, Chosen = 2, Scale = 2 }, ExpertKeys.All, KeepFirst: false) };
        using var model = new Model(plain.Spec with { Layers = [plain.Spec.Layers[0], plain.Spec.Layers[1] with { Attention = heads }] });
        ModelInitialiser.Randomise(model, 4, 0.3);
        var statistics = Gather(model, Some);
        using var folder = new TemporaryFolder();
        statistics.Save(folder.Path);
        Assert.Null(statistics.Layers[0].Attention);
        var found = CalibrationStatistics.Load(folder.Path).Layers[1].Attention!;

        var (routed, gates, probabilities, tokens) = (new long[4], new double[4], new double[4], 0);
        using var workspace = new Workspace();
        foreach (var (_, input) in DensePass.Over(TinyMixture.Data(), 2))
        {
            workspace.Begin(recording: false);
            var x = model.Blocks[1].AttentionInput(workspace, model.Blocks[0].Forward(workspace, model.Embed(workspace, input), input, null));
            for (var t = 0; t < x.Rows; t++)
            {
                if (!input.Counted.Span[t]) continue;
                double[] exponents = [.. Enumerable.Range(0, 4).Select(e => Math.Exp(x.Row(t).ToArray().Select((v, i) => (double)v * model["model.layers.1.self_attn.gate.weight"].Row(e)[i]).Sum()))];
                int[] best = [.. Enumerable.Range(0, 4).OrderByDescending(e => exponents[e]).Take(2)];
                for (var e = 0; e < 4; e++) probabilities[e] += exponents[e] / exponents.Sum();
                foreach (var e in best)
                {
                    routed[e]++;
                    gates[e] += 2 * exponents[e] / (exponents[best[0]] + exponents[best[1]]);
                }
                tokens++;
            }
        }
        Assert.Equal(tokens, found.Tokens);
        Assert.Equal(routed, found.Routed);
        for (var e = 0; e < 4; e++)
        {
            Assert.Equal(gates[e], found.Gates[e], 1e-3);
            Assert.Equal(probabilities[e], found.Probabilities[e], 1e-3);
        }
        Assert.Equal(tokens, found.Ratios.Sum());
    }

    [Theory]
    [InlineData(CalibratedRows.Routed)]
    [InlineData(CalibratedRows.All)]
    public void Neither_threads_nor_streams_on_disk_change_a_bit(CalibratedRows rows)
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["mixtral"]);
        using var folder = new TemporaryFolder();
        var threads = WorkerTeam.Threads;
        try
        {
            WorkerTeam.Threads = 1;
            var one = Bytes(Gather(model, Some with { Rows = rows }));
            WorkerTeam.Threads = 3;
            Assert.Equal(one, Bytes(Gather(model, Some with { Rows = rows })));
            Assert.Equal(one, Bytes(Gather(model, Some with { Rows = rows, HiddenStates = StreamPlace.Disk }, folder.Path)));
        }
        finally
        {
            WorkerTeam.Threads = threads;
        }
    }

    [Fact]
    public void All_experts_see_of_the_routed_ones_what_routed_only_sees()
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["deepseek_v3"]);
        CalibrationStatistics routed = Gather(model, Some), all = Gather(model, Some with { Rows = CalibratedRows.All });
        for (var l = 0; l < 3; l++)
        {
            Assert.Equal(routed.Experts(l).Outputs.Sums, all.Experts(l).Outputs.Sums);
            Assert.Equal(routed.Experts(l).Outputs.GatedNorms, all.Experts(l).Outputs.GatedNorms);
            Assert.Equal(routed.Layers[l].Residual, all.Layers[l].Residual);
        }
    }

    /// <summary>Sums are over tokens: how many go at once, and that the last pass is short, must not weigh (trap: means of batches).</summary>
    [Fact]
    public void Passes_of_other_sizes_give_the_same_sums()
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["mixtral"]);
        CalibrationStatistics few = Gather(model, Some with { RowsPerPass = 1 }), many = Gather(model, Some with { RowsPerPass = 5 });
        Assert.Equal(few.Tokens, many.Tokens);
        Assert.Equal(few.Fingerprint, many.Fingerprint);
        for (var l = 0; l < 3; l++)
        {
            Assert.Equal(few.Experts(l).Routed, many.Experts(l).Routed);
            Assert.Equal(few.Experts(l).Outputs.GatedNorms, many.Experts(l).Outputs.GatedNorms);
            Assert.Equal(few.Layers[l].Residual.Block, many.Layers[l].Residual.Block, 1e-9);
        }
        Assert.Equal(few.Tokens, few.Layers[0].Residual.Tokens);
    }

    [Fact]
    public void Layers_are_compared_by_the_cosine_of_their_streams()
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["mixtral"]);
        var statistics = Gather(model, Some with { SimilarityTokens = 1 << 20 });
        Assert.Equal(4, statistics.Similarity.GetLength(0));
        for (var l = 0; l < 3; l++)
        {
            var residual = statistics.Layers[l].Residual;
            Assert.Equal(residual.Block / residual.Tokens, statistics.Similarity[l, l + 1], 1e-6);
            Assert.InRange(residual.Attention / residual.Tokens, residual.Block / residual.Tokens, 1);
        }
        Assert.Equal(1, statistics.Similarity[2, 2], 1e-6);
        Assert.Empty(Gather(model, Some with { SimilarityTokens = 0 }).Similarity);
    }

    [Theory]
    [InlineData(StreamPlace.Memory)]
    [InlineData(StreamPlace.Disk)]
    public void An_interrupted_run_goes_on_to_the_same_bits(StreamPlace place)
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["mixtral"], layers: 4);
        using var folder = new TemporaryFolder();
        var options = Some with { HiddenStates = place };
        var whole = Bytes(Gather(model, options));
        using (var cancel = new CancellationTokenSource())
        {
            var progress = new StopAfter(2.4, cancel);
            Assert.Throws<OperationCanceledException>(() => Gather(model, options, folder.Path, cancellation: cancel.Token, progress: progress));
        }
        Assert.Equal(2, Directory.GetFiles(folder.Path, "layer-*").Length);
        Assert.Equal(whole, Bytes(Gather(model, options, folder.Path)));
        // Of another text nothing is taken up.
        var other = TinyMixture.Data(samples: 7);
        Assert.Equal(Bytes(Gather(model, options, data: other)), Bytes(Gather(model, options, folder.Path, data: other)));
    }

    [Fact]
    public void Files_come_back_as_they_were_and_damage_is_refused()
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["one"], denseFirst: true);
        using var folder = new TemporaryFolder();
        var statistics = Gather(model, Some with { Rows = CalibratedRows.All });
        statistics.Save(folder.Path);
        var read = CalibrationStatistics.Load(folder.Path);
        Assert.Equal(Bytes(statistics), Bytes(read));
        Assert.Equal(statistics.Fingerprint, read.Fingerprint);
        Assert.Equal(statistics.Experts(1).Tokens, read.Experts(1).Tokens);
        read.RequireOf(model.Spec, new string('a', 64), "here");
        Assert.Contains("other weights", Assert.Throws<BadRequestException>(() => read.RequireOf(model.Spec, new string('b', 64), "here")).Message, StringComparison.Ordinal);
        Assert.Contains("of 8 experts in layer 1; this model has 0", Assert.Throws<BadRequestException>(() =>
            read.RequireOf(model.Spec with { Layers = [.. model.Spec.Layers.Select(_ => model.Spec.Layers[0])] }, null, "here")).Message, StringComparison.Ordinal);
        Assert.Contains("has no experts", Assert.Throws<BadRequestException>(() => read.Experts(0)).Message, StringComparison.Ordinal);

        var text = File.ReadAllText(folder[CalibrationStatistics.FileName]);
        File.WriteAllText(folder[CalibrationStatistics.FileName], text.Replace("\"data\": \"", "\"data\": \"0", StringComparison.Ordinal));
        Assert.Contains("different calibrations", Assert.Throws<BadModelException>(() => CalibrationStatistics.Load(folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder[CalibrationStatistics.FileName], text.Replace("\"tokens\"", "\"token\"", StringComparison.Ordinal));
        Assert.Contains("damaged", Assert.Throws<BadModelException>(() => CalibrationStatistics.Load(folder.Path)).Message, StringComparison.Ordinal);
        Assert.Contains("moesaic calibrate", Assert.Throws<BadRequestException>(() => CalibrationStatistics.Load(folder["nowhere"])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_model_on_disk_gives_the_same()
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["mixtral"]);
        using var folder = new TemporaryFolder();
        ModelFolder.Save(model, folder["model"], new SaveOptions { Type = TensorType.F32 });
        using var layers = ModelLayers.Open(folder["model"]);
        Assert.Equal(Bytes(Gather(model, Some)), Bytes(new Calibrator(layers, Some).Run(TinyMixture.Data(), new string('a', 64))));
    }

    [Fact]
    public void An_output_that_is_no_number_is_named()
    {
        using var model = TinyMixture.Make(TinyMixture.Routers["mixtral"] with { Chosen = 8 });
        model["model.layers.1.mlp.experts.5.down_proj.weight"].Span[3] = float.NaN;
        Assert.Contains("Layer 1, expert 5", Assert.Throws<BadModelException>(() => Gather(model, Some)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Quantiles_are_those_of_the_numbers()
    {
        var bins = new long[ShareHistogram.Bins];
        Assert.True(double.IsNaN(ShareHistogram.Quantile(bins, 0.5)));
        for (var i = 0; i < 1000; i++) bins[ShareHistogram.Bin(i / 1000.0)]++;
        foreach (var part in new[] { 0.1, 0.5, 0.9, 1 }) Assert.Equal(part, ShareHistogram.Quantile(bins, part), 0.002);
        Assert.Equal(0, ShareHistogram.Bin(double.NaN));
        Assert.Equal(ShareHistogram.Bins - 1, ShareHistogram.Bin(7));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(29)]
    public void Moments_of_a_row_are_those_of_a_loop(int width)
    {
        var random = new Random(width);
        float[] x = [.. Enumerable.Range(0, width).Select(_ => (float)random.NextDouble() - 0.6f)], y = [.. x.Select(v => (v * v) - 0.1f)];
        double[] sum = [.. Enumerable.Range(0, width).Select(d => (double)d)];
        var (squares, largest) = RowMoments.Add(x, sum);
        Assert.Equal(x.Sum(v => (double)v * v), squares, 1e-12);
        Assert.Equal(x.Max(MathF.Abs), largest);
        Assert.Equal(x.Select((v, d) => v + (double)d), sum);
        var cosine = x.Zip(y).Sum(p => (double)p.First * p.Second) / Math.Sqrt(x.Sum(v => (double)v * v) * y.Sum(v => (double)v * v));
        Assert.Equal(cosine, RowMoments.Cosine(x, y), 1e-12);
        Assert.Equal(0, RowMoments.Cosine(x, new float[width]));
    }

    /// <summary>Cancels when so many layers are done.</summary>
    sealed class StopAfter(double layers, CancellationTokenSource cancel) : IProgressReporter, IProgressTask
    {
        public IProgressTask Begin(string title, double total, string unit, double done = 0) => this;

        public void Measured(string title, IReadOnlyList<Figure> figures) { }

        public void Report(double done, params ReadOnlySpan<Figure> figures)
        {
            if (done > layers) cancel.Cancel();
        }

        public void Note(string message) { }

        public void Warn(string message) { }

        public void Dispose() { }
    }
}

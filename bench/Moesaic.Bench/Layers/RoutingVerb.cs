using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Bench.Layers;

/// <summary>What deciding costs of a training step: scores, selection, weights, capacity, objectives and statistics, forward and backward.</summary>
static class RoutingVerb
{
    const int Width = 256, Inner = 1024, Layers = 4, Batch = 16;

    public const string Usage = "  routing [--only SYSTEM] [--rounds 7] [--threads N]\n" +
        "      what routers and their objectives cost of a training step of 16 x 256 tokens, for published systems";

    public static int Run(string[] args)
    {
        var (only, rounds) = ((string?)null, 7);
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--only": only = args[i + 1]; break;
                case "--rounds": rounds = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--threads": WorkerTeam.Threads = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                default: Console.Error.WriteLine(Usage); return 2;
            }
        }
        Console.WriteLine($"{Processor.Name}, {WorkerTeam.Threads} threads; D {Width}, {Layers} layers, {Batch} x {TrainVerb.Context} tokens");
        Console.WriteLine("system          step ms   routers   decisions  objectives  statistics");
        foreach (var system in RoutingSystem.All.Where(s => only is null || s.Name == only)) Measure(system, rounds);
        return 0;
    }

    static void Measure(RoutingSystem system, int rounds)
    {
        var router = system.Router;
        var used = router.InTraining().PerToken;
        using var model = new Model(new ModelSpec
        {
            VocabularySize = 4096, Width = Width, MaxPositions = 512, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = true,
            Layers = [.. Enumerable.Repeat(new LayerSpec(new AttentionSpec(16, 8, Width / 16),
                new MixtureSpec(router, [.. Enumerable.Repeat(Inner / used, router.Experts)])), Layers)],
        });
        ModelInitialiser.Randomise(model, 1);
        using var trainer = new Trainer(model, TrainVerb.Data(4096, Batch), new TrainingOptions
        {
            Steps = int.MaxValue, RowsPerPass = Batch, LoadBalance = 0.01f, Balance = system.Balance, AllowNonCausal = true, AllowUnreachableRouter = true,
        });
        var mixture = model.Mixtures.First();
        using var workspace = new Workspace();
        using var x = new Tensor(Batch * TrainVerb.Context, Width);
        var random = new Random(2);
        foreach (ref var value in x.Span) value = (float)((random.NextDouble() * 4) - 2);
        x.NeedsGradient = true;
        var input = new PassInput
        {
            Tokens = new int[x.Rows],
            Positions = Enumerable.Range(0, x.Rows).Select(i => i % TrainVerb.Context).ToArray(),
            Segments = Enumerable.Range(0, Batch).Select(s => new AttentionSegment(s * TrainVerb.Context, TrainVerb.Context, s * TrainVerb.Context, TrainVerb.Context)).ToArray(),
            Training = true, Noise = new NoiseDraw(1, 1, 0),
        };
        var statistics = new RoutingStatistics(router.Experts);
        double[] step = new double[rounds], plain = new double[rounds], judged = new double[rounds], counted = new double[rounds];
        for (var round = -3; round < rounds; round++)
        {
            var (s, p, o, c) = (Seconds(() => trainer.Advance()), Pass(false, null), Pass(true, null), Pass(false, statistics));
            if (round >= 0) (step[round], plain[round], judged[round], counted[round]) = (s, p, o - p, c - p);
        }
        double whole = Summary.Of(step).Median, all = Layers * (Summary.Of(plain).Median + Summary.Of(judged).Median + Summary.Of(counted).Median);
        Console.WriteLine(FormattableString.Invariant(
            $"{system.Name,-14} {1000 * whole,8:F0} {100 * all / whole,8:F1} %{Share(plain),10:F1} %{Share(judged),9:F1} %{Share(counted),9:F1} %"));

        double Share(double[] seconds) => 100 * Layers * Summary.Of(seconds).Median / whole;
        double Pass(bool objectives, RoutingStatistics? collect) => Seconds(() =>
        {
            input.Objectives = objectives ? new BalanceObjectives(system.Terms) : null;
            workspace.Begin(recording: true);
            var routing = mixture.Router.Route(workspace, x, input, collect);
            workspace.WrittenGradient(routing.Weights, out _)!.Span.Fill(0.01f);
            workspace.Backward();
            workspace.Reset();
        });
    }

    static double Seconds(Action run)
    {
        var start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

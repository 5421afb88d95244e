using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Text.Datasets;

namespace Moesaic.Bench;

/// <summary>Whole training steps (forward, backward, clipping, AdamW), step by step in turn with PyTorch's.</summary>
static class TrainVerb
{
    public const string Usage = "  train [demo|stories15M] [--rounds N] [--threads N] [--rows-per-pass N] [--tuned|--alone]   tokens/s of a training step, PyTorch beside it: as one writes it, or tuned";

    internal const int Context = 256;

    public static int Run(string[] args)
    {
        int rounds = 9, threads = 2, rowsPerPass = 8;
        var (name, tuned, alone) = ("demo", false, false);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "demo" or "stories15M": name = args[i]; break;
                case "--rounds" when i + 1 < args.Length: rounds = Number(args[++i]); break;
                case "--threads" when i + 1 < args.Length: threads = Number(args[++i]); break;
                case "--rows-per-pass" when i + 1 < args.Length: rowsPerPass = Number(args[++i]); break;
                case "--tuned": tuned = true; break;
                case "--alone": alone = true; break;
                default: Console.Error.WriteLine(Usage); return 2;
            }
        }
        WorkerTeam.Threads = threads;
        var (spec, batch) = name == "demo" ? (Spec(256, 4, 16, 8, 512, 4096), 16) : (Spec(288, 6, 6, 6, 768, 32000), 8);
        Console.WriteLine($"{Processor.Name}, {threads} threads, {KernelSelection.Level}, {ParameterCounts.Of(spec).Total:N0} parameters, batch {batch} x {Context}");
        using var model = new Model(spec);
        ModelInitialiser.Randomise(model, 1);
        using var trainer = new Trainer(model, Data(spec.VocabularySize, batch), new TrainingOptions { Steps = int.MaxValue, RowsPerPass = rowsPerPass });
        for (var i = 0; i < 3; i++) trainer.Advance();     // compile, fill caches

        using var peer = alone ? null : TorchPeer.Start(name, !tuned, rounds, threads);
        double[] own = new double[rounds], other = new double[rounds], share = new double[rounds];
        for (var round = 0; round < rounds; round++)
        {
            if (peer is not null) Thread.Sleep(100);     // until the peer's threads have stopped spinning
            var peak = Peak();
            var seconds = Seconds(() => trainer.Advance());
            own[round] = batch * Context / seconds;
            share[round] = Gflop(spec, batch) / seconds / peak;
            if (peer is not null) other[round] = peer.Step();
        }
        Console.WriteLine($"moesaic  {Summary.Of(own).ToString(1, "N0")} tokens/s, {Summary.Of(share).ToString(100, "F0")} % of the FMA peak");
        if (peer is null) return 0;
        Console.WriteLine($"PyTorch  {Summary.Of(other).ToString(1, "N0")} tokens/s");
        Console.WriteLine($"ratio    {Summary.Of([.. own.Zip(other, (a, b) => a / b)]).ToString(1, "F2")}");
        return 0;
    }

    static ModelSpec Spec(int width, int layers, int heads, int keyHeads, int inner, int vocabulary) => new()
    {
        VocabularySize = vocabulary, Width = width, MaxPositions = 512, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = true,
        Layers = [.. Enumerable.Repeat(new LayerSpec(new AttentionSpec(heads, keyHeads, width / heads), new DenseSpec(inner)), layers)],
    };

    /// <summary>Random tokens in blocks of <see cref="Context"/>.</summary>
    internal static BatchStream Data(int vocabulary, int batch)
    {
        var random = new Random(1);
        var samples = Enumerable.Range(0, 4 * batch).Select(_ =>
            new TokenizedSample([.. Enumerable.Range(0, Context + 1).Select(_ => random.Next(vocabulary))], null));
        return new BatchStream(PackedDataset.Pack(samples, Context), batch, seed: 1, padId: 0);
    }

    /// <summary>GFLOP of a step: a multiply-add counts 2, backward twice the forward; of attention what the causal mask lets through.</summary>
    static double Gflop(ModelSpec spec, int batch)
    {
        var matrices = ParameterCounts.Of(spec).Total - (spec.Width * (2L * spec.Layers.Count + 1));
        var attention = spec.Layers.Sum(l => 2L * l.Attention.QueryHeads * l.Attention.HeadDim * (Context + 1));
        return 3e-9 * batch * Context * ((2 * matrices) + attention);
    }

    // GFLOP/s of bare multiply-adds over about 50 ms: the yardstick of the same moment; the mean, as a step has no better luck.
    static double Peak()
    {
        const int Repeats = 100;
        return Repeats * FmaPeak.Gflop(KernelSelection.Level) / Seconds(() =>
        {
            for (var i = 0; i < Repeats; i++) FmaPeak.Run(KernelSelection.Level);
        });
    }

    static double Seconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

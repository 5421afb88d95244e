using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Training;
using Moesaic.Models;
using Moesaic.Models.Experts;

namespace Moesaic.Bench.Layers;

/// <summary>Whole training steps (forward, backward, clipping, AdamW) of a mixture and of the dense model of equal active size, in turn.</summary>
static class StepVerb
{
    public const string Usage = "  step [--experts 16] [--chosen 2] [--width 256] [--inner 1024] [--layers 4] [--batch 16] [--rows-per-pass 16] [--rounds 9] [--threads N]\n" +
        "      a training step of a mixture beside that of the dense model of equal active size; batches of 256 tokens";

    public static int Run(string[] args)
    {
        int experts = 16, chosen = 2, width = 256, inner = 1024, layers = 4, batch = 16, rowsPerPass = 16, rounds = 9;
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !int.TryParse(args[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                Console.Error.WriteLine(Usage);
                return 2;
            }
            switch (args[i])
            {
                case "--experts": experts = number; break;
                case "--chosen": chosen = number; break;
                case "--width": width = number; break;
                case "--inner": inner = number; break;
                case "--layers": layers = number; break;
                case "--batch": batch = number; break;
                case "--rows-per-pass": rowsPerPass = number; break;
                case "--rounds": rounds = number; break;
                case "--threads": WorkerTeam.Threads = number; break;
                default: Console.Error.WriteLine(Usage); return 2;
            }
        }

        using var dense = new Subject(Spec(new DenseSpec(inner)), batch, rowsPerPass);
        using var mixture = new Subject(
            Spec(new MixtureSpec(new RouterSpec { Experts = experts, Chosen = chosen }, [.. Enumerable.Repeat(inner / chosen, experts)])), batch, rowsPerPass);
        Console.WriteLine(FormattableString.Invariant(
            $"{Processor.Name}, {WorkerTeam.Threads} threads; {experts} experts, {chosen} chosen, of {inner / chosen}; batch {batch} x {TrainVerb.Context}, {rowsPerPass} rows a pass"));
        double[] plain = new double[rounds], mixed = new double[rounds];
        for (var round = 0; round < rounds; round++) (plain[round], mixed[round]) = (dense.Seconds(), mixture.Seconds());
        Console.WriteLine($"dense    {dense.Parameters:N0} parameters, {Summary.Of(plain).ToString(1000, "F0")} ms");
        Console.WriteLine($"mixture  {mixture.Parameters:N0} parameters, {Summary.Of(mixed).ToString(1000, "F0")} ms");
        Console.WriteLine($"ratio    {Summary.Of([.. mixed.Zip(plain, (m, p) => m / p)]).ToString(1, "F2")}");
        return 0;

        ModelSpec Spec(FeedForwardSpec feedForward) => new()
        {
            VocabularySize = 4096, Width = width, MaxPositions = 512, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = true,
            Layers = [.. Enumerable.Repeat(new LayerSpec(new AttentionSpec(16, 8, width / 16), feedForward), layers)],
        };
    }

    /// <summary>A model in training.</summary>
    sealed class Subject : IDisposable
    {
        readonly Model model;
        readonly Trainer trainer;

        public Subject(ModelSpec spec, int batch, int rowsPerPass)
        {
            model = new Model(spec);
            ModelInitialiser.Randomise(model, 1);
            trainer = new Trainer(model, TrainVerb.Data(spec.VocabularySize, batch),
                new TrainingOptions { Steps = int.MaxValue, RowsPerPass = rowsPerPass, LoadBalance = 0.01f });
            for (var i = 0; i < 3; i++) trainer.Advance();     // compile, fill caches
        }

        public long Parameters => ParameterCounts.Of(model.Spec).Total;

        public double Seconds()
        {
            var start = Stopwatch.GetTimestamp();
            trainer.Advance();
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }

        public void Dispose()
        {
            trainer.Dispose();
            model.Dispose();
        }
    }
}

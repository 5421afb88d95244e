using System.Diagnostics;
using System.Globalization;
using Moesaic.Kernels;
using Moesaic.Methods.Calibration;
using Moesaic.Methods.Compression.Search;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Bench;

/// <summary>How long the search for the experts of one layer takes: all subsets (NAEE) and the genetic search (MoE-I²), on a layer with random weights.</summary>
static class PruneSearchVerb
{
    public const string Usage =
        "  prune-search METHOD [--experts 8] [--chosen 2] [--kept 4] [--tokens 8192] [--width 1024] [--inner 512] [--threads N]\n" +
        "            METHOD: naee (all subsets), genetic (population 100, 50 generations), random (the same number of random choices as genetic judges)";

    public static int Run(string[] args)
    {
        if (args.Length == 0 || args[0] is not ("naee" or "genetic" or "random")) { Console.Error.WriteLine(Usage); return 2; }
        int experts = 8, chosen = 2, kept = 4, tokens = 8192, width = 1024, inner = 512;
        for (var i = 1; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var number)) { Console.Error.WriteLine(Usage); return 2; }
            switch (args[i])
            {
                case "--experts": experts = number; break;
                case "--chosen": chosen = number; break;
                case "--kept": kept = number; break;
                case "--tokens": tokens = number; break;
                case "--width": width = number; break;
                case "--inner": inner = number; break;
                case "--threads": WorkerTeam.Threads = number; break;
                default: Console.Error.WriteLine(Usage); return 2;
            }
        }

        var router = new RouterSpec { Experts = experts, Chosen = chosen };
        Tensor[] Matrices(int rows, int columns, int seed) => [.. Enumerable.Range(0, experts).Select(e => Normal(rows, columns, seed + e, 1 / Math.Sqrt(columns)))];
        var layer = new MixtureFeedForward(new Router(router, Normal(experts, width, 1, 1 / Math.Sqrt(width))),
            new ExpertTable(Matrices(inner, width, 1000), Matrices(inner, width, 2000), Matrices(width, inner, 3000)), null, null);
        using var sample = LayerSample.Of(layer, Normal(tokens, width, 2, 1));
        using var cache = Timed("outputs of all experts and their inner products", () => CachedOutputs.Gather(layer, sample));
        var space = KeptExperts.Of(router, kept, "layer");
        var judged = 0L;
        double[] Errors(IReadOnlyList<int[]> choices)
        {
            judged += choices.Count;
            return cache.Errors(choices);
        }
        var best = args[0] switch
        {
            "naee" => Timed("search", () => ExhaustiveSearch.Run(space, Errors, limit: long.MaxValue - 1)),
            "genetic" => Timed("search", () => GeneticSearch.Run(space, Errors, new GeneticOptions(), seed: 1, best: 3)),
            _ => Timed<IReadOnlyList<Choice>>("search", () =>
            {
                var random = new Random(1);
                int[][] drawn = [.. Enumerable.Range(0, 4000).Select(_ => space.Draw(random))];
                return [.. drawn.Zip(Errors(drawn), (c, e) => new Choice(c, e)).Order(Choice.Order).Take(3)];
            }),
        };
        var everything = cache.Errors([[.. Enumerable.Range(0, kept)]])[0];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{judged} choices of {tokens} tokens judged; best error {best[0].Error:F2}, the first {kept} experts {everything:F2}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1e9:F2} GB, {WorkerTeam.Threads} threads, {Processor.Name}"));
        return 0;
    }

    static T Timed<T>(string what, Func<T> work)
    {
        var start = Stopwatch.GetTimestamp();
        var result = work();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s"));
        return result;
    }

    static Tensor Normal(int rows, int columns, int seed, double deviation)
    {
        var tensor = new Tensor(rows, columns);
        ModelInitialiser.FillNormal(tensor.Span, new Random(seed), deviation);
        return tensor;
    }
}

using System.Diagnostics;
using System.Globalization;
using Moesaic.Kernels;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Clustering;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Importance;
using Moesaic.Models;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Bench;

/// <summary>
/// How long the division of one layer takes at a real model's shape: statistics of generated tokens, the layer's own forward
/// pass included, and the decision. Blocks of tokens are streamed; gradients are generated too.
/// </summary>
static class ConstructVerb
{
    public const string Usage =
        "  construct METHOD [--tokens 32768] [--width 4096] [--inner 14336] [--experts 8] [--threads N]\n" +
        "            METHOD: weight_clusters, co_activation, activation_clusters, token_clusters, assignment";

    const int Block = 1024;

    public static int Run(string[] args)
    {
        if (args.Length == 0) { Console.Error.WriteLine(Usage); return 2; }
        int tokens = 32768, width = 4096, inner = 14336, experts = 8;
        for (var i = 1; i < args.Length; i += 2)
        {
            if (i + 1 >= args.Length || !int.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var number)) { Console.Error.WriteLine(Usage); return 2; }
            switch (args[i])
            {
                case "--tokens": tokens = number; break;
                case "--width": width = number; break;
                case "--inner": inner = number; break;
                case "--experts": experts = number; break;
                case "--threads": WorkerTeam.Threads = number; break;
                default: Console.Error.WriteLine(Usage); return 2;
            }
        }

        var layer = new DenseFeedForward(Normal(inner, width, 1, 0.02), Normal(inner, width, 2, 0.02), new AbsentMatrix(width, inner));
        var sizes = PartSizes.Of(inner, experts, 0, PaddingRule.Refuse, 0);
        var start = Stopwatch.GetTimestamp();
        switch (args[0])
        {
            case "weight_clusters": WeightClusters.Divide(0, layer.Up.Dense, sizes, RowDistance.Euclidean, new Random(1)); break;
            case "co_activation": CoActivated(layer, tokens, experts); break;
            case "activation_clusters": Activated(layer, tokens, sizes); break;
            case "token_clusters": Weighed(layer, tokens, experts); break;
            case "assignment": Assign(inner, experts); break;
            default: Console.Error.WriteLine(Usage); return 2;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{args[0]}: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"peak {Process.GetCurrentProcess().PeakWorkingSet64 / 1e9:F2} GB, {WorkerTeam.Threads} threads, {Processor.Name}"));
        return 0;
    }

    static void CoActivated(DenseFeedForward layer, int tokens, int experts)
    {
        using var sums = new CoActivation(layer.Gate.Rows, ActivationKernel.L1);
        Stream(layer, tokens, (_, _, _, neurons, _) => sums.Add(neurons, []));
        var graph = Timed("graph", () => sums.Graph(64));
        var labels = Timed("partition", () => GraphPartition.Divide(graph, experts));
        Console.WriteLine($"cut {graph.Cut(labels) / graph.Weights.Sum(w => (double)w) * 200:F1} % of the weight");
    }

    static void Activated(DenseFeedForward layer, int tokens, PartSizes sizes)
    {
        var markers = new ActivationMarkers(layer.Gate.Rows, 10);
        var activity = new NeuronActivity(layer, ActivityMeasure.Directions);
        Stream(layer, tokens, (x, gate, up, neurons, _) => markers.Add(activity.Of(x, gate, up, neurons), []));
        Timed("divide", () => ActivationClusters.Divide(markers, sizes, new ActivationClusterOptions()));
    }

    static void Weighed(DenseFeedForward layer, int tokens, int experts)
    {
        var importance = new LayerImportance(experts, layer.Gate.Rows);
        using var gradients = Normal(Block, layer.Gate.Rows, 4, 1e-4);
        using var inputs = new Tensor(Math.Min(16384, tokens), layer.Gate.Columns);
        Stream(layer, tokens, (x, _, _, _, first) =>
        {
            for (var t = 0; t < x.Rows && first + t < inputs.Rows; t++) x.Row(t).CopyTo(inputs.Row(first + t));
        }, forward: false);
        var clusters = Timed("cluster", () => BalancedKMeans.Cluster(inputs, new KMeansOptions { Clusters = experts, Iterations = 20, Restarts = 1 }, new Random(1)));
        using var router = new Tensor(experts, layer.Gate.Columns, clusters.Centroids);
        Stream(layer, tokens, (x, _, _, neurons, _) =>
        {
            var scores = new float[x.Rows * experts];
            MatMul.Multiply(MatMulForm.ABt, x.Span, router.Span, scores, x.Rows, experts, x.Columns);
            int[] labels = [.. scores.Chunk(experts).Select(row => row.IndexOf(row.Max()))];
            importance.Add(neurons, gradients, labels, []);
        });
        var scores = importance.Scores;
        Timed("assign", () => ImportanceAssignment.Assign(scores, [], AssignmentRule.Exact));
    }

    static void Assign(int inner, int experts)
    {
        var random = new Random(1);
        double[][] scores = [.. Enumerable.Range(0, experts).Select(e => Enumerable.Range(0, inner).Select(_ => random.NextDouble() * (e + 1)).ToArray())];
        ImportanceAssignment.Assign(scores, [], AssignmentRule.Exact);
    }

    // The layer's own computation, block after block.
    static void Stream(DenseFeedForward layer, int tokens, Action<Tensor, Tensor, Tensor, Tensor, int> seen, bool forward = true)
    {
        using var workspace = new Workspace();
        using var x = Normal(Block, layer.Gate.Columns, 3, 1);
        var start = Stopwatch.GetTimestamp();
        double statistics = 0;
        for (var first = 0; first < tokens; first += Block)
        {
            workspace.Begin(recording: false);
            // Other tokens in every block: the rows turn and change sign.
            for (var t = 0; t < x.Rows; t++) Elementwise.Scale(x.Row(t), (first / Block + t) % 3 == 0 ? -1 : 1);
            var (gate, up) = forward ? workspace.Linear(x, layer.Gate, layer.Up) : (x, x);
            var neurons = forward ? workspace.SwiGlu(gate, up) : x;
            var before = Stopwatch.GetTimestamp();
            seen(x, gate, up, neurons, first);
            statistics += Stopwatch.GetElapsedTime(before).TotalSeconds;
        }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{tokens} tokens: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s, of which statistics {statistics:F1} s"));
    }

    static T Timed<T>(string what, Func<T> work)
    {
        var start = Stopwatch.GetTimestamp();
        var result = work();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"));
        return result;
    }

    static Tensor Normal(int rows, int columns, int seed, double deviation)
    {
        var tensor = new Tensor(rows, columns);
        ModelInitialiser.FillNormal(tensor.Span, new Random(seed), deviation);
        return tensor;
    }
}

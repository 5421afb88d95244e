using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Loading;

namespace Moesaic.Bench;

/// <summary>
/// How much faster many streams decode than one, beside the bound that reading sets: a step of one stream reads its experts, a step of
/// many the distinct ones that any of them chose.
/// </summary>
static class StreamsVerb
{
    public const string Usage = "  streams MODEL [--streams N] [--steps N]   decoding of many streams beside one and the bound (default 8, 64)";

    const int PromptTokens = 32, Rounds = 5;

    public static int Run(string[] args)
    {
        var (file, streams, steps) = ("", 8, 64);
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--streams" && i + 1 < args.Length) streams = int.Parse(args[++i], CultureInfo.InvariantCulture);
            else if (args[i] == "--steps" && i + 1 < args.Length) steps = int.Parse(args[++i], CultureInfo.InvariantCulture);
            else file = args[i];
        }
        if (file.Length == 0)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        using var loaded = ModelFolder.Load(file, WeightStorage.Stored);
        var model = loaded.Model;
        var bytes = Bytes.Of(model);
        double[] one = new double[Rounds], many = new double[Rounds];
        double oneBytes = 0, manyBytes = 0;
        // By turns, so that both see the same machine.
        for (var round = 0; round < Rounds; round++)
        {
            (one[round], oneBytes) = Decode(model, bytes, 1, steps, round);
            (many[round], manyBytes) = Decode(model, bytes, streams, steps, round);
        }
        var bound = streams * oneBytes / manyBytes;
        var speedup = Summary.Of([.. one.Zip(many, (a, b) => streams * a / b)]);
        Console.WriteLine($"{file}, threads {WorkerTeam.Threads}, {Processor.Name}; median, second smallest to second largest of {Rounds}");
        Console.WriteLine($"one stream {Summary.Of(one).ToString(1000, "F2")} ms a step, {streams} streams {Summary.Of(many).ToString(1000, "F2")} ms");
        Console.WriteLine(FormattableString.Invariant($"bytes read a step: {oneBytes / 1e6:F1} MB, {manyBytes / 1e6:F1} MB by the experts really touched: bound {bound:F2} times one stream"));
        Console.WriteLine($"tokens/s: {speedup.ToString(1, "F2")} times one stream, {(100 * speedup.Median / bound).ToString("F0", CultureInfo.InvariantCulture)} % of the bound");
        return 0;
    }

    /// <summary>Seconds of a step and bytes of weights that it has to read.</summary>
    static (double Seconds, double Bytes) Decode(Model model, Bytes bytes, int streams, int steps, int seed)
    {
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = streams * (PromptTokens + steps + 32), ReusesPrefixes = false });
        var touched = model.NewStatistics().Select(_ => new Touched()).ToArray();
        var random = new Random(seed);
        var sequences = Enumerable.Range(0, streams).Select(_ =>
            decoder.Add([.. Enumerable.Range(0, PromptTokens).Select(_ => random.Next(model.Spec.VocabularySize))], PromptTokens + steps + 1)).ToArray();
        while (decoder.Step() > 0) { }
        decoder.Statistics = [.. touched.Zip(model.NewStatistics(), (t, s) => new RoutingStatistics(s.Experts) { Observer = t })];
        var start = Stopwatch.GetTimestamp();
        for (var step = 0; step < steps; step++)
        {
            foreach (var sequence in sequences) sequence.Append(random.Next(model.Spec.VocabularySize));
            decoder.Step();
        }
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / steps;
        return (seconds, bytes.Always + touched.Select((t, l) => bytes.Experts[l] * t.Distinct / steps).Sum());
    }

    /// <summary>Bytes that each step reads, and those of one expert of each mixture layer.</summary>
    sealed record Bytes(double Always, double[] Experts)
    {
        public static Bytes Of(Model model)
        {
            var all = model.Parameters.Where(p => p.Role != ParameterRole.Embeddings || model.Spec.TiedEmbeddings).Sum(p => (double)p.Matrix.Bytes);
            var routed = model.Spec.MixtureLayers.Select(l => model.Parameters
                .Where(p => p.Role == ParameterRole.Experts && p.Name.StartsWith($"model.layers.{l}.", StringComparison.Ordinal)).Sum(p => (double)p.Matrix.Bytes)).ToArray();
            return new Bytes(all - routed.Sum(), [.. routed.Zip(model.Mixtures, (sum, mixture) => sum / mixture.Router.Spec.Experts)]);
        }
    }

    /// <summary>Counts the distinct experts of every pass.</summary>
    sealed class Touched : IRoutingObserver
    {
        readonly HashSet<int> pass = [];

        public long Distinct { get; private set; }

        public void Observe(in Routing routing)
        {
            pass.Clear();
            foreach (var e in routing.Chosen.Span) if (e >= 0) pass.Add(e);
            Distinct += pass.Count;
        }
    }
}

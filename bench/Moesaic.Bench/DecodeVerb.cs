using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Models;

namespace Moesaic.Bench;

/// <summary>How fast a batch of sequences decodes, for models of random weights, several contexts and encodings of the cache.</summary>
static class DecodeVerb
{
    public const string Usage = "  decode [dense|mixture] [--threads N] [--cache f32,f16,q8_0] [--steps N]   steps of many sequences";

    static readonly (int Sequences, int Context)[] Cases = [(1, 32), (1, 512), (4, 512), (16, 512), (1, 4096)];

    public static int Run(string[] args)
    {
        var (shape, steps, caches) = ("dense", 16, Enum.GetValues<CacheEncoding>());
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] is "dense" or "mixture") shape = args[i];
            else if (i + 1 < args.Length && args[i] == "--threads") WorkerTeam.Threads = int.Parse(args[++i], CultureInfo.InvariantCulture);
            else if (i + 1 < args.Length && args[i] == "--steps") steps = int.Parse(args[++i], CultureInfo.InvariantCulture);
            else if (i + 1 < args.Length && args[i] == "--cache")
                caches = [.. args[++i].Split(',').Select(name => Enum.Parse<CacheEncoding>(name, ignoreCase: true))];
            else
            {
                Console.Error.WriteLine(Usage);
                return 2;
            }
        }

        using var model = new Model(Spec(shape));
        ModelInitialiser.Randomise(model, seed: 1);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{shape}, {model.Parameters.Sum(p => (long)p.Value.Span.Length) / 1e6:F0} million parameters, threads {WorkerTeam.Threads}, {Processor.Name}"));
        Console.WriteLine("cache  sequences  context  prefill tokens/s  ms per step  decode tokens/s");
        foreach (var cache in caches)
            foreach (var (sequences, context) in Cases)
                Measure(model, cache, sequences, context, steps);
        return 0;
    }

    static void Measure(Model model, CacheEncoding cache, int count, int context, int steps)
    {
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = count * (context + 64), Encoding = cache });
        var random = new Random(3);
        var start = Stopwatch.GetTimestamp();
        var sequences = Enumerable.Range(0, count).Select(_ => decoder.Add(Tokens(context), context + steps + 1)).ToArray();
        while (decoder.Step() > 0) { }
        var prefill = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var times = new double[steps];
        for (var step = 0; step < steps; step++)
        {
            foreach (var sequence in sequences) sequence.Append(random.Next(model.Spec.VocabularySize));
            start = Stopwatch.GetTimestamp();
            decoder.Step();
            times[step] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        var median = Summary.Of(times).Median;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{cache,-5}  {count,9}  {context,7}  {count * context / prefill,16:F0}  {median,11:F2}  {1000 * count / median,15:F1}"));

        int[] Tokens(int length) => [.. Enumerable.Range(0, length).Select(_ => random.Next(model.Spec.VocabularySize))];
    }

    public static ModelSpec Spec(string shape)
    {
        FeedForwardSpec feedForward = shape == "dense" ? new DenseSpec(2816)
            : new MixtureSpec(new RouterSpec { Experts = 16, Chosen = 4 }, [.. Enumerable.Repeat(704, 16)]);
        var layer = new LayerSpec(new AttentionSpec(16, 4, 64), feedForward);
        return new ModelSpec
        {
            VocabularySize = 8192, Width = 1024, MaxPositions = 8192, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000),
            TiedEmbeddings = true, Layers = [.. Enumerable.Repeat(layer, 6)],
        };
    }
}

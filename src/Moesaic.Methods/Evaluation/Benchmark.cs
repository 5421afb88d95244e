using System.Diagnostics;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Evaluation;

/// <summary>One test of <see cref="Benchmark"/> in the language of llama-bench: pp512 reads a prompt of 512 tokens, tg128 writes 128 one by one.</summary>
/// <param name="Decodes">Whether tokens come one by one.</param>
/// <param name="Tokens">How many.</param>
/// <param name="Depth">Tokens already in the cache.</param>
public sealed record BenchmarkTest(bool Decodes, int Tokens, int Depth)
{
    /// <summary>"pp512", "tg128 @ d1024".</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{(Decodes ? "tg" : "pp")}{Tokens}{(Depth > 0 ? FormattableString.Invariant($" @ d{Depth}") : "")}");
}

/// <summary>What a test gave.</summary>
/// <param name="Test">The test.</param>
/// <param name="Speeds">Tokens per second of every repeat.</param>
public sealed record BenchmarkResult(BenchmarkTest Test, IReadOnlyList<double> Speeds)
{
    /// <summary>Experts that a token computed on average, by mixture layer; empty for a model without.</summary>
    public IReadOnlyList<double> PerToken { get; init; } = [];

    /// <summary>Tokens per second on average.</summary>
    public double Mean => Speeds.Average();

    /// <summary>Standard deviation of the repeats; 0 for one.</summary>
    public double Deviation => Speeds.Count < 2 ? 0 : Math.Sqrt(Speeds.Sum(s => (s - Mean) * (s - Mean)) / (Speeds.Count - 1));

    /// <summary>The fastest repeat.</summary>
    public double Best => Speeds.Max();
}

/// <summary>How fast a model reads and writes on random tokens. Each test runs once more before it is timed.</summary>
public static class Benchmark
{
    /// <summary>Measures.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="tests">Run in this order.</param>
    /// <param name="repeats">Timed runs of each, 1 or more.</param>
    /// <param name="progress">Told about every run.</param>
    /// <param name="cancellation">Stops between passes.</param>
    /// <exception cref="BadRequestException">A test asks for more tokens than the model's context has.</exception>
    public static IReadOnlyList<BenchmarkResult> Run(Model model, IReadOnlyList<BenchmarkTest> tests, int repeats,
        IProgressReporter progress, CancellationToken cancellation)
    {
        var longest = tests.Max(t => t.Depth + t.Tokens);
        // Tasks differ in their experts, not in their work.
        using var decoder = new SequenceDecoder(model, longest, chunk: 512, task: model.Spec.Tasks.Count > 0 ? 0 : -1);
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, longest).Select(_ => random.Next(model.Spec.VocabularySize))];
        using var task = progress.Begin("bench", tests.Count * (repeats + 1), "runs");
        var runs = 0;
        var results = new List<BenchmarkResult>();
        foreach (var test in tests)
        {
            var speeds = new double[repeats];
            Fill(decoder, tokens.AsSpan(0, test.Depth), cancellation);
            var routing = model.NewStatistics();
            for (var run = -1; run < repeats; run++)
            {
                decoder.Rewind(test.Depth);
                decoder.Statistics = run < 0 ? routing : null;
                var start = Stopwatch.GetTimestamp();
                Execute(decoder, test, tokens.AsSpan(test.Depth, test.Tokens), cancellation);
                var speed = test.Tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (run >= 0) speeds[run] = speed;
                task.Report(++runs, new Figure(test.ToString(), speed, "tokens/s"));
            }
            results.Add(new BenchmarkResult(test, speeds) { PerToken = [.. routing.Select(r => r.PerToken)] });
        }
        return results;
    }

    static void Fill(SequenceDecoder decoder, ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        decoder.Rewind(0);
        if (!tokens.IsEmpty) decoder.Next(tokens, cancellation);
    }

    static void Execute(SequenceDecoder decoder, BenchmarkTest test, ReadOnlySpan<int> tokens, CancellationToken cancellation)
    {
        if (!test.Decodes)
        {
            decoder.Next(tokens, cancellation);
            return;
        }
        foreach (var token in tokens)
        {
            cancellation.ThrowIfCancellationRequested();
            decoder.Next(token);
        }
    }
}

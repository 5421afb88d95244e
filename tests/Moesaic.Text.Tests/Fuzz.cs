using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;

namespace Moesaic.Text.Tests;

/// <summary>Mutates inputs for a while; whatever happens, only faults meant for people may come out, and soon.</summary>
static class Fuzz
{
    /// <summary>Seconds a fuzz test takes: MOESAIC_FUZZ_SECONDS, else 3.</summary>
    static double Seconds => double.TryParse(Environment.GetEnvironmentVariable("MOESAIC_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 3;

    public static void Run(IReadOnlyList<string> seeds, IReadOnlyList<string> fragments, Action<string> act)
    {
        var random = new Random(20250307);
        var clock = Stopwatch.StartNew();
        for (var run = 0; clock.Elapsed.TotalSeconds < Seconds; run++)
        {
            var input = seeds[random.Next(seeds.Count)];
            for (var count = random.Next(1, 6); count > 0; count--) input = Mutate(input, seeds, fragments, random);
            var started = clock.Elapsed;
            try
            {
                act(input);
            }
            catch (MoesaicException)
            {
            }
            catch (Exception fault)
            {
                Assert.Fail($"run {run}: {fault}\n--- input ---\n{input}");
            }
            Assert.True((clock.Elapsed - started).TotalSeconds < 5, $"run {run} took {clock.Elapsed - started}:\n{input}");
        }
    }

    static string Mutate(string text, IReadOnlyList<string> seeds, IReadOnlyList<string> fragments, Random random)
    {
        int start = random.Next(text.Length + 1), length = Math.Min(random.Next(1, 20), text.Length - start);
        switch (random.Next(5))
        {
            case 0: return text.Remove(start, length);
            case 1: return text.Insert(start, text.Substring(random.Next(text.Length + 1 - length), length));
            case 2: return text.Remove(start, length).Insert(start, fragments[random.Next(fragments.Count)]);
            case 3: return text.Insert(start, fragments[random.Next(fragments.Count)]);
            default:
                var other = seeds[random.Next(seeds.Count)];
                return string.Concat(text.AsSpan(0, start), other.AsSpan(random.Next(other.Length + 1)));
        }
    }
}

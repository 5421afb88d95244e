using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Moesaic.Kernels;

namespace Moesaic.Bench.Layers;

/// <summary>A mixture beside the dense layer of equal active width and beside PyTorch, forward and backward.</summary>
static class LayerVerb
{
    public const string Usage =
        "  layer [--quick] [--only TEXT] [--rounds 7] [--threads N] [--peer] [--json FILE] [--loop dense|whole|moving]\n" +
        "      a mixture beside the dense layer of equal active width, forward and backward; --peer: PyTorch beside it; --loop: that one alone for 8 s, for a profiler";

    static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    public static int Run(string[] args)
    {
        var (rounds, only, peer) = (7, "", false);
        string? json = null, loop = null;
        var shapes = MixtureShape.All;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--quick": shapes = MixtureShape.Quick; break;
                case "--peer": peer = true; break;
                case "--only" when i + 1 < args.Length: only = args[++i]; break;
                case "--json" when i + 1 < args.Length: json = args[++i]; break;
                case "--loop" when i + 1 < args.Length && args[i + 1] is "dense" or "whole" or "moving": loop = args[++i]; break;
                case "--rounds" when i + 1 < args.Length: rounds = Number(args[++i]); break;
                case "--threads" when i + 1 < args.Length: WorkerTeam.Threads = Number(args[++i]); break;
                default:
                    Console.Error.WriteLine($"layer does not know '{args[i]}', or its value is missing\n{Usage}");
                    return 2;
            }
        }

        shapes = [.. shapes.Where(s => s.ToString().Contains(only, StringComparison.Ordinal))];
        if (loop is not null)
        {
            foreach (var shape in shapes) Loop(shape, loop);
            return 0;
        }
        var level = KernelSelection.Level == KernelLevel.Reference ? KernelLevel.Vector128 : KernelSelection.Level;
        var read = MachineSpeed.ReadBytes(512L << 20) * 1e-9;
        Console.WriteLine(FormattableString.Invariant($"{Processor.Name}, {WorkerTeam.Threads} threads, kernels {KernelSelection.Level}, .NET {Environment.Version}"));
        Console.WriteLine(FormattableString.Invariant($"FMA peak {MachineSpeed.Flops(level) * 1e-9:F0} GFLOP/s, memory read at {read:F1} GB/s"));
        Console.WriteLine("Forward and backward; medians over rounds, second smallest to second largest in brackets. Moving: routing, dispatch and combine.");
        Console.WriteLine(LayerRow.Header);
        var rows = new List<LayerRow>();
        foreach (var shape in shapes)
        {
            rows.Add(LayerRow.Measure(shape, rounds, level, read, peer));
            Console.WriteLine(rows[^1]);
        }
        if (json is not null) File.WriteAllText(json, JsonSerializer.Serialize(rows, s_indented));
        return 0;
    }

    static void Loop(MixtureShape shape, string which)
    {
        using var subject = new LayerSubject(shape);
        Action pass = which switch { "dense" => subject.Dense, "whole" => subject.Whole, _ => subject.Moving };
        var (count, start) = (0, Stopwatch.GetTimestamp());
        for (; Stopwatch.GetElapsedTime(start).TotalSeconds < 8; count++) pass();
        Console.WriteLine(FormattableString.Invariant($"{shape} {which}: {count / Stopwatch.GetElapsedTime(start).TotalSeconds:F1} passes a second"));
    }

    static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

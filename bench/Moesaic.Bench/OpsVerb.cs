using System.Globalization;
using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>The kernels other than the matrix product at the shapes of training and decoding, every level side by side.</summary>
static class OpsVerb
{
    public const string Usage =
        "  ops [--threads N] [--rounds N] [--only TEXT] [--reference] [--cpu-time]   attention, loss, row kernels and optimiser at every level";

    public static int Run(string[] args)
    {
        var (rounds, only, reference) = (7, "", false);
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--threads" when i + 1 < args.Length: WorkerTeam.Threads = Number(args[++i]); break;
                case "--rounds" when i + 1 < args.Length: rounds = Number(args[++i]); break;
                case "--only" when i + 1 < args.Length: only = args[++i]; break;
                case "--reference": reference = true; break;
                case "--cpu-time": Paired.UseProcessorTime = true; break;
                default:
                    Console.Error.WriteLine($"ops does not know '{args[i]}', or its value is missing\n{Usage}");
                    return 2;
            }
        }

        KernelLevel[] levels =
            [.. Enum.GetValues<KernelLevel>().Where(KernelSelection.Supports).Where(level => reference || level > KernelLevel.Reference)];
        Console.WriteLine($"threads {WorkerTeam.Threads}, {Processor.Name}, .NET {Environment.Version}");
        Console.WriteLine("Microseconds, median over interleaved rounds; the rate is that of the last level.");
        Console.WriteLine();
        Console.WriteLine($"| {"kernel",-42} |{string.Concat(levels.Select(level => $" {level,10} |"))} {"rate",-16} |");
        Console.WriteLine($"|---|{string.Concat(levels.Select(_ => "---:|"))}---|");
        foreach (var op in OpsShapes.All.Where(op => op.Name.Contains(only, StringComparison.OrdinalIgnoreCase)))
            Row(op, levels, rounds);
        return 0;
    }

    static void Row(OpShape op, KernelLevel[] levels, int rounds)
    {
        var call = op.Prepare();
        var before = KernelSelection.Level;
        var times = Paired.Measure(rounds, Array.ConvertAll<KernelLevel, Action>(levels, level => () =>
        {
            KernelSelection.Level = level;
            call();
        }));
        KernelSelection.Level = before;
        var micros = levels.Select((_, i) => (times.Seconds(i).Median * 1e6).ToString("F1", CultureInfo.InvariantCulture));
        var rate = times.Rate(levels.Length - 1, op.Work).Median.ToString("F1", CultureInfo.InvariantCulture);
        Console.WriteLine($"| {op.Name,-42} |{string.Concat(micros.Select(time => $" {time,10} |"))} {rate + " " + op.Unit,-16} |");
    }

    static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

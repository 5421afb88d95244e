using System.Globalization;
using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>Products with encoded weights beside what the machine can read and multiply.</summary>
static class EncodedVerb
{
    public const string Usage =
        "  encoded [--threads N] [--rounds N] [--only TEXT] [--cpu-time]\n" +
        "      products with encoded weights: decoding beside the memory's rate, prefill beside the FMA peak";

    public static int Run(string[] args)
    {
        var (rounds, only) = (7, "");
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--threads" when i + 1 < args.Length: WorkerTeam.Threads = Number(args[++i]); break;
                case "--rounds" when i + 1 < args.Length: rounds = Number(args[++i]); break;
                case "--only" when i + 1 < args.Length: only = args[++i]; break;
                case "--cpu-time": Paired.UseProcessorTime = true; break;
                default:
                    Console.Error.WriteLine($"encoded does not know '{args[i]}', or its value is missing\n{Usage}");
                    return 2;
            }
        }

        Console.WriteLine($"kernels {KernelSelection.Level}, threads {WorkerTeam.Threads}, {Processor.Name}, .NET {Environment.Version}");
        Console.WriteLine(
            $"Experts of {EncodedExperts.Inputs} x {EncodedExperts.Outputs}, gate and up. Decode: 1 token, {EncodedExperts.Chosen} experts, weights " +
            $"from memory. Prefill: 512 tokens over {EncodedExperts.Experts} experts. Dense: 512 rows, one matrix.");
        Console.WriteLine("Median over rounds, second smallest to second largest in brackets; all columns of a row share the rounds.");
        Console.WriteLine();
        Console.WriteLine(
            $"| {"encoding",-8} | {"memory GB/s",-16} | {"decode GB/s",-16} | % of memory | {"prefill GOP/s",-16} | {"dense GOP/s",-16} | % of FMA peak |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        using var memory = new ReadBandwidth();
        foreach (var encoding in Enum.GetValues<WeightEncoding>().Where(EncodedLayout.Supports))
        {
            if (encoding.Name().Contains(only, StringComparison.OrdinalIgnoreCase))
                Row(encoding, rounds, memory);
        }

        return 0;
    }

    static void Row(WeightEncoding encoding, int rounds, ReadBandwidth memory)
    {
        using var experts = new EncodedExperts(encoding);
        var level = KernelSelection.Level == KernelLevel.Reference ? KernelLevel.Vector128 : KernelSelection.Level;
        var times = Paired.Measure(
            rounds, memory.Run, () => FmaPeak.Run(level), experts.Decode, experts.Prefill, experts.Dense);
        var gigabytes = 2e-9 * EncodedExperts.Chosen * experts.Layout.Bytes;
        var gop = 2e-9 * 512 * EncodedExperts.Inputs * EncodedExperts.Outputs;
        var share = times.Ratio(2, gigabytes, 0, memory.Gigabytes).ToString(100, "F0");
        var peak = times.Ratio(4, gop, 1, FmaPeak.Gflop(level)).ToString(100, "F0");
        Console.WriteLine(
            $"| {encoding.Name(),-8} | {times.Rate(0, memory.Gigabytes).ToString(1, "F1"),-16} | " +
            $"{times.Rate(2, gigabytes).ToString(1, "F1"),-16} | {share,-11} | {times.Rate(3, 2 * EncodedExperts.Chosen * gop).ToString(1, "F0"),-16} | " +
            $"{times.Rate(4, gop).ToString(1, "F0"),-16} | {peak,-13} |");
    }

    static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}

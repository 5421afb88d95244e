using System.Diagnostics;
using System.Globalization;
using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>How fast weights are encoded and decoded, for each block type.</summary>
static class EncodeVerb
{
    public const string Usage =
        "  encode [--threads N] [--only TYPE]     millions of weights a second: encoded, with importance, decoded";

    const int Rows = 256, Columns = 4096, Rounds = 7;

    public static int Run(string[] args)
    {
        string? only = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            switch (args[i..])
            {
                case ["--threads", var number, ..]: WorkerTeam.Threads = int.Parse(number, CultureInfo.InvariantCulture); break;
                case ["--only", var name, ..]: only = name; break;
                default: Console.Error.WriteLine(Usage); return 2;
            }
        }

        var random = new Random(1);
        float[] values = new float[Rows * Columns], importance = new float[Columns], decoded = new float[Rows * Columns];
        for (int i = 0; i < values.Length; i++) values[i] = 0.02f * (float)(random.NextDouble() + random.NextDouble() - 1);
        for (int i = 0; i < Columns; i++) importance[i] = (float)random.NextDouble();
        Console.WriteLine($"threads {WorkerTeam.Threads}, {Processor.Name}");
        Console.WriteLine("| type | encoded | with importance | decoded |\n|---|---|---|---|");
        foreach (WeightEncoding encoding in Enum.GetValues<WeightEncoding>())
        {
            if (!encoding.CanEncode() || only is not null && only != encoding.Name()) continue;
            var blocks = new byte[Rows * encoding.RowBytes(Columns)];
            double plain = Rate(() => BlockCodec.Encode(encoding, values, Columns, [], blocks));
            double weighted = Rate(() => BlockCodec.Encode(encoding, values, Columns, importance, blocks));
            double read = Rate(() => BlockCodec.Decode(encoding, blocks, decoded));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {encoding.Name()} | {plain:F1} | {weighted:F1} | {read:F0} |"));
        }

        return 0;
    }

    // The median of some rounds, in millions of weights a second.
    static double Rate(Action work)
    {
        work();
        var rates = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            work();
            rates[round] = Rows * Columns / Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }

        return Summary.Of(rates).Median;
    }
}

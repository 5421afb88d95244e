using System.Diagnostics;
using System.Globalization;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.LlamaCpp;
using Moesaic.Methods.Evaluation;
using Moesaic.Models.Loading;

namespace Moesaic.Bench;

/// <summary>The same GGUF file on the same threads, in turn by this engine and by llama.cpp's own library.</summary>
static class LlamaVerb
{
    public const string Usage = "  llama FILE.gguf [--prompt 512] [--decode 128] [--rounds 9] [--threads N] [--kernels haswell]   reading and writing beside llama.cpp (MOESAIC_LLAMA names its libraries)";

    /// <summary>Until the threads of the other have stopped spinning.</summary>
    static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(50);

    public static int Run(string[] args)
    {
        string? file = null;
        int prompt = 512, decode = 128, rounds = 9;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--prompt" when i + 1 < args.Length: prompt = Number(args[++i]); break;
                case "--decode" when i + 1 < args.Length: decode = Number(args[++i]); break;
                case "--rounds" when i + 1 < args.Length: rounds = Number(args[++i]); break;
                case "--threads" when i + 1 < args.Length: WorkerTeam.Threads = Number(args[++i]); break;
                case "--kernels" when i + 1 < args.Length: LlamaLibrary.Processor = args[++i]; break;
                case var name when file is null && !name.StartsWith('-'): file = name; break;
                default: Console.Error.WriteLine(Usage); return 2;
            }
        }
        if (file is null || !LlamaLibrary.IsThere)
        {
            Console.Error.WriteLine(file is null ? Usage : LlamaLibrary.HowToInstall);
            return 2;
        }

        using var loaded = ModelFolder.Load(file, WeightStorage.Stored);
        using var decoder = new SequenceDecoder(loaded.Model, Math.Max(prompt, decode), chunk: 512);
        using var peer = new LlamaModel(file, Math.Max(prompt, decode), WorkerTeam.Threads);
        var random = new Random(1);
        int[] tokens = [.. Enumerable.Range(0, Math.Max(prompt, decode)).Select(_ => random.Next(300, loaded.Model.Spec.VocabularySize))];
        var machine = Ceilings.Measure();
        Console.WriteLine($"{Processor.Name}, {WorkerTeam.Threads} threads, kernels {KernelSelection.Level}, .NET {Environment.Version}, "
            + FormattableString.Invariant($"read bandwidth {machine.ReadBytesPerSecond / 1e9:F1} GB/s, FMA peak {machine.FlopsPerSecond / 1e9:F0} GFLOP/s"));
        Console.WriteLine($"llama.cpp: {LlamaLibrary.SystemInfo}");
        Console.WriteLine($"{file}: {loaded.Layout}, {loaded.WeightBytes:N0} bytes; keys and values F32 here, F16 there");

        double[][] speeds = [new double[rounds], new double[rounds], new double[rounds], new double[rounds]];
        for (var round = -1; round < rounds; round++)
        {
            double[] now =
            [
                prompt / Seconds(() => { decoder.Rewind(0); decoder.Next(tokens.AsSpan(0, prompt)); }),
                prompt / Seconds(() => { peer.Clear(); peer.Decode(tokens.AsSpan(0, prompt)); }),
                decode / Seconds(() => { decoder.Rewind(0); for (var i = 0; i < decode; i++) decoder.Next(tokens[i]); }),
                decode / Seconds(() => { peer.Clear(); for (var i = 0; i < decode; i++) peer.Decode(tokens.AsSpan(i, 1)); }),
            ];
            for (var i = 0; i < now.Length && round >= 0; i++) speeds[i][round] = now[i];
        }
        var roofline = Roofline.Of(loaded.Model);
        Console.WriteLine("Median over rounds, second smallest to second largest in brackets.");
        Row($"pp{prompt}", speeds[0], speeds[1], roofline.ArithmeticShare(1, (prompt + 1) / 2.0, machine), "FMA peak");
        Row($"tg{decode}", speeds[2], speeds[3], roofline.BandwidthShare(1, machine), "read bandwidth");
        return 0;
    }

    static void Row(string test, double[] own, double[] peer, double share, string ceiling) => Console.WriteLine(
        $"{test,-6} moesaic {Summary.Of(own).ToString(1, "F1")} tokens/s, {Summary.Of(own).ToString(100 * share, "F0")} % of the {ceiling}; "
        + $"llama.cpp {Summary.Of(peer).ToString(1, "F1")}; ratio {Summary.Of([.. own.Zip(peer, (a, b) => a / b)]).ToString(1, "F2")}");

    static double Seconds(Action work)
    {
        Thread.Sleep(Rest);
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

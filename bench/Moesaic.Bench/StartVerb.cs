using System.Diagnostics;
using System.Globalization;

namespace Moesaic.Bench;

/// <summary>How long the tool takes from the start of its process to the first token it writes, and what memory it then holds.</summary>
static class StartVerb
{
    public const string Usage = "  start MODEL [--prompt TEXT] [--rounds 9] [--tool moesaic]   from the start of the process to the first token, and the memory held then (Linux)";

    public static int Run(string[] args)
    {
        // 16 tokens where bytes are tokens and one begins the text.
        string prompt = "qzxqzxqzxqzxqzx", tool = Path.Combine(AppContext.BaseDirectory, "..", "..", "Moesaic.Cli", "release", "moesaic");
        string? model = null;
        var rounds = 9;
        for (var i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--prompt" when i + 1 < args.Length: prompt = args[++i]; break;
                case "--tool" when i + 1 < args.Length: tool = args[++i]; break;
                case "--rounds" when i + 1 < args.Length: rounds = int.Parse(args[++i], CultureInfo.InvariantCulture); break;
                case var name when model is null && !name.StartsWith('-'): model = name; break;
                default: model = null; i = args.Length; break;
            }
        }
        if (model is null || !File.Exists(tool))
        {
            Console.Error.WriteLine(model is null ? Usage : $"{tool} is not there; build the solution in Release, or name the tool with --tool.");
            return 2;
        }

        var size = Directory.Exists(model) ? Directory.GetFiles(model, "*.safetensors").Sum(f => new FileInfo(f).Length) : new FileInfo(model).Length;
        var seconds = new double[rounds];
        var resident = new double[rounds];
        for (var round = -1; round < rounds; round++)       // The first brings the file into the page cache.
        {
            var (first, bytes) = Once(tool, model, prompt);
            if (round >= 0) (seconds[round], resident[round]) = (first, bytes);
        }
        var share = 100.0 / size;
        Console.WriteLine(FormattableString.Invariant($"{model}: {size:N0} bytes; {rounds} rounds, median, second smallest to second largest"));
        Console.WriteLine($"first token after {Summary.Of(seconds).ToString(1, "F2")} s");
        Console.WriteLine($"resident then, anonymous and mapped: {Summary.Of(resident).ToString(share, "F1")} % of the file");
        return 0;
    }

    static (double Seconds, double ResidentBytes) Once(string tool, string model, string prompt)
    {
        var start = Stopwatch.GetTimestamp();
        using var process = Process.Start(new ProcessStartInfo(tool, ["generate", model, "--prompt", prompt, "--max-tokens", "64"])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        if (process.StandardOutput.BaseStream.ReadByte() < 0)
            throw new InvalidOperationException($"{tool} generate {model} wrote nothing; run it by hand to see why");
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        double resident = process.WorkingSet64;
        process.Kill();
        process.WaitForExit();
        return (seconds, resident);
    }
}

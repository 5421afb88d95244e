using System.Diagnostics;
using System.Globalization;
using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Bench;

/// <summary>How long short requests wait for their first token, alone and while a long prompt is being read.</summary>
static class ServeEngineVerb
{
    public const string Usage =
        "  serve-engine MODEL [--long N] [--short N] [--chunk N] [--rounds N]   time to first token beside a long prompt (default 4000, 64, 128, 12)";

    public static async Task<int> Run(string[] args)
    {
        var (model, numbers) = ("", new Dictionary<string, int> { ["--long"] = 4000, ["--short"] = 64, ["--chunk"] = 128, ["--rounds"] = 12 });
        for (var i = 0; i < args.Length; i++)
        {
            if (numbers.ContainsKey(args[i]) && i + 1 < args.Length) numbers[args[i]] = int.Parse(args[++i], CultureInfo.InvariantCulture);
            else model = args[i];
        }
        if (model.Length == 0)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        using var loaded = ModelFolder.Load(model, WeightStorage.Stored);
        var spec = loaded.Model.Spec;
        var engine = new Engine(loaded.Model, TokenizerLoader.Load(model), new HashSet<int>(), new BatchOptions
        {
            CacheTokens = 3 * spec.MaxPositions, Chunk = numbers["--chunk"], ReusesPrefixes = false,
        });
        using var queue = new GenerationQueue(engine);
        var random = new Random(1);
        await First(queue, Prompt());
        var alone = new double[numbers["--rounds"]];
        for (var i = 0; i < alone.Length; i++) alone[i] = await First(queue, Prompt());
        var beside = new List<double>();
        while (beside.Count < alone.Length)
        {
            var start = Stopwatch.GetTimestamp();
            var reading = queue.Generate(new GenerationRequest { Prompt = Tokens(numbers["--long"]), PromptOnly = true }).ToEndAsync();
            while (!reading.IsCompleted)
            {
                // At any moment of a step.
                await Task.Delay(random.Next(20, 400));
                if (await First(queue, Prompt()) is var seconds && !reading.IsCompleted) beside.Add(seconds);
            }
            Console.WriteLine(FormattableString.Invariant($"a prompt of {numbers["--long"]} tokens read in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s"));
        }
        var (calm, loadedTime) = (Summary.Of(alone), Summary.Of([.. beside]));
        Console.WriteLine($"{model}, chunk {numbers["--chunk"]}, threads {WorkerTeam.Threads}, {Processor.Name}; median, second smallest to second largest");
        Console.WriteLine($"first token after {numbers["--short"]}: alone {calm.ToString(1000, "F0")} ms, beside {loadedTime.ToString(1000, "F0")} ms " +
            $"({beside.Count} requests), {(loadedTime.Median / calm.Median).ToString("F2", CultureInfo.InvariantCulture)} times");
        return 0;

        int[] Prompt() => Tokens(numbers["--short"]);
        int[] Tokens(int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(260, spec.VocabularySize))];
    }

    static async Task<double> First(GenerationQueue queue, int[] prompt)
    {
        var start = Stopwatch.GetTimestamp();
        await queue.Generate(new GenerationRequest { Prompt = prompt, Options = new() { MaxTokens = 1 } }).ToEndAsync();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}

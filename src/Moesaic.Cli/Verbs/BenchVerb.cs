using System.CommandLine;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Evaluation;
using Moesaic.Methods.Reports;
using Moesaic.Models.Loading;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic bench: how fast a model reads and writes, in the words of llama-bench.</summary>
sealed class BenchVerb : Verb
{
    readonly Argument<string> model = new("model") { Description = "Model folder or .gguf file" };
    readonly Option<string?> prompt = Numbers("--prompt", "-p", "Lengths of prompts to read, 0 for none", "512");
    readonly Option<string?> generate = Numbers("--generate", "-n", "Numbers of tokens to write one by one, 0 for none", "128");
    readonly Option<string?> depth = Numbers("--depth", "-d", "Tokens already in the cache, each test at each depth", "0");
    readonly Option<string?> repeats = new("--repeats", "-r") { Description = "Timed runs of each test", HelpName = "n", DefaultValueFactory = _ => "5" };
    readonly VariantFlags variant = new();
    readonly Option<bool> markdown = new("--markdown") { Description = "Print the table alone, as Markdown" };

    public BenchVerb() : base("bench", "Measure how fast a model reads and writes")
    {
        Add(model);
        foreach (var option in new Option[] { prompt, generate, depth, repeats, markdown }) Add(option);
        variant.AddTo(this);
    }

    public override IReadOnlyList<string> Examples => ["bench models/demo", "bench model.gguf -p 512 -n 128 -d 0,1024 -r 5 --markdown",
        "bench out/demo-moe --chosen 1"];

    public override void Run(ParseResult parsed, Session session)
    {
        var depths = List(parsed, depth);
        BenchmarkTest[] tests =
        [
            .. depths.SelectMany(d => List(parsed, prompt).Where(n => n > 0).Select(n => new BenchmarkTest(Decodes: false, n, d))),
            .. depths.SelectMany(d => List(parsed, generate).Where(n => n > 0).Select(n => new BenchmarkTest(Decodes: true, n, d))),
        ];
        if (tests.Length == 0) throw new BadRequestException("There is nothing to measure: give --prompt or --generate a length.");
        var runs = ScalarText.Parse<int>(repeats.Name, parsed.GetValue(repeats)!);
        if (runs < 1) throw new BadRequestException($"--repeats {runs}: at least one run is needed.");

        using var loaded = variant.Read(parsed).Load(parsed.GetRequiredValue(model), WeightStorage.Stored);
        foreach (var note in loaded.Notes) session.View.Note(note);
        var machine = Ceilings.Measure();
        var report = BenchmarkReport.Of(loaded, Benchmark.Run(loaded.Model, tests, runs, session.View, session.Cancellation), machine);
        if (parsed.GetValue(markdown)) session.View.Line(MarkdownTable.Of(report.Tables[0]).TrimEnd());
        else session.View.Report(Name, report);
    }

    static int[] List(ParseResult parsed, Option<string?> option)
    {
        int[] numbers = [.. parsed.GetValue(option)!.Split(',').Select(part => ScalarText.Parse<int>(option.Name, part))];
        if (numbers.FirstOrDefault(n => n < 0) is < 0 and var bad)
            throw new BadRequestException($"{option.Name} {bad}: a number of tokens is not negative.");
        return numbers;
    }

    static Option<string?> Numbers(string name, string alias, string description, string initial) => new(name, alias)
    {
        Description = description + "; several with commas", HelpName = "n,n", DefaultValueFactory = _ => initial,
    };
}

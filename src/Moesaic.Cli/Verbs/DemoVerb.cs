using System.CommandLine;
using System.Globalization;
using Moesaic.Cli.Recipes;
using Moesaic.Formats;
using Moesaic.Methods.Demo;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Verbs;

/// <summary>moesaic demo: the main job on the model that ships, with one table at the end.</summary>
sealed class DemoVerb : Verb
{
    const string DefaultOutput = "out/demo-moe";

    readonly Option<string?> model = new("--model") { Description = "Dense model folder [default: the model that ships]", HelpName = "folder" };
    readonly Option<string?> output = new("--output", "-o")
    {
        Description = $"Folder for the mixture [default: {DefaultOutput}, replaced when it exists]", HelpName = "folder",
    };
    readonly Option<string> seed = new("--seed")
    {
        Description = "The only source of randomness", HelpName = "n", DefaultValueFactory = _ => "1",
    };

    public DemoVerb() : base("demo", "Split a dense LLaMA into experts, post-train it, and show what comes back")
    {
        Add(model);
        Add(output);
        Add(seed);
    }

    public override IReadOnlyList<string> Examples => ["demo", "demo --seed 2 -o out/second"];

    public override void Run(ParseResult parsed, Session session)
    {
        var chosen = parsed.GetValue(output);
        var result = new DemoRun(new DemoOptions
        {
            Model = parsed.GetValue(model) ?? ShippedModel(),
            Output = chosen ?? DefaultOutput,
            Overwrite = chosen is null,
            Seed = ScalarText.Parse<ulong>("--seed", parsed.GetRequiredValue(seed)),
        }, session.View, session.Cancellation).Run();

        session.View.Table(Table(result));
        foreach (var line in Summary(result, chosen ?? DefaultOutput)) session.View.Line(line);
        if (result.Failures.Count > 0)
            throw new BelowBarException($"The mixture does not work again: {string.Join("; ", result.Failures)}.");
    }

    /// <summary>The model lies beside the tool; from a checkout it is also found in the current folder.</summary>
    static string ShippedModel()
    {
        var beside = Path.Combine(AppContext.BaseDirectory, "models", "demo");
        return Directory.Exists(beside) ? beside : Path.Combine("models", "demo");
    }

    static ReportTable Table(DemoResult result)
    {
        return new ReportTable("Demo",
            ["model", "held-out loss (nats)", "perplexity", "parameters", "active", "bytes", "reads (tokens/s)", "writes (tokens/s)"],
            [.. result.Rows.Select(r => (IReadOnlyList<string>)
            [
                r.Name, Text(r.Loss, "F4"), Text(r.Perplexity, "F2"), Text(r.Parameters, "N0"), Text(r.Active, "N0"), Text(r.Bytes, "N0"),
                Text(IsDense(r) ? result.Speed.DenseReads : result.Speed.MixtureReads, "N0"),
                Text(IsDense(r) ? result.Speed.DenseWrites : result.Speed.MixtureWrites, "N0"),
            ])]);

        // Speed belongs to the shape: it is measured once for each.
        static bool IsDense(DemoRow row) => row.Active == row.Parameters;
    }

    static IEnumerable<string> Summary(DemoResult result, string folder)
    {
        yield return $"Post-training closed {Text(100 * result.Closure, "F1")} % of the gap between the untrained split and the dense control " +
            $"(needed: {Text(100 * DemoResult.RequiredClosure, "F0")} %).";
        yield return $"Dead experts on held-out text: {result.DeadExperts}. " +
            $"A random router costs {Text(result.RouterGain, "F3")} nats (needed: {Text(DemoResult.RequiredRouterGain, "F2")}).";
        yield return result.Speed.WritingRatio > 1
            ? $"The mixture writes {Text(result.Speed.WritingRatio, "F2")} times as fast as the dense model."
            : $"A model this small gains no speed from being sparse ({Text(result.Speed.WritingRatio, "F2")} times the dense model's): " +
                "routing costs what the smaller feed-forward saves.";
        if (!result.Comparable)
            yield return "The installed .NET documentation differs from the one that published figures were measured on: they are not comparable.";
        yield return $"The mixture is in {folder}. It writes:";
        yield return result.Text;
    }

    static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}

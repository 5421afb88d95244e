using System.CommandLine;
using Moesaic.Cli.Recipes;
using Moesaic.Methods.Conversion;
using Moesaic.Methods.Steps;
using Moesaic.Models.Architectures;

namespace Moesaic.Cli.Verbs;

/// <summary>What the verbs that write a model anew have in common: two paths, encodings, and how they end.</summary>
sealed class ConversionFlags
{
    readonly Argument<string> input = new("model") { Description = "Model folder or .gguf file; never changed" };
    readonly Argument<string> output;
    readonly Option<string?> encoding;
    readonly Option<string?> embeddings = new("--embeddings")
    {
        Description = "Another encoding for the embedding table and the head", HelpName = "name",
    };
    readonly Option<string?> layout = new("--layout")
    {
        Description = "Write a folder in this layout: " + string.Join(", ", ArchitectureRegistry.All.Select(a => a.ModelType)), HelpName = "name",
    };
    readonly Option<string?> plan = new("--plan") { Description = "A prune plan: what it does not keep is left out", HelpName = "file" };
    readonly Option<string?> ratio = new("--ratio") { Description = "With a plan: the part of the experts that goes, in the plan's order", HelpName = "part" };
    readonly Option<bool> overwrite = new("--overwrite") { Description = "Replace the output when it is there" };
    readonly Option<bool> dryRun = RecipeExecution.DryRun();

    public ConversionFlags(Command command, string outputDescription, string encodingDescription, bool toGgufAlone)
    {
        output = new Argument<string>("output") { Description = outputDescription };
        encoding = new Option<string?>("--encoding") { Description = encodingDescription, HelpName = "name", Required = toGgufAlone };
        command.Add(input);
        command.Add(output);
        foreach (var option in new Option[] { encoding, embeddings, plan, ratio, overwrite, dryRun }) command.Add(option);
        if (!toGgufAlone) command.Add(layout);
    }

    public ConversionOptions Read(ParseResult parsed) => new()
    {
        Input = parsed.GetRequiredValue(input),
        Output = parsed.GetRequiredValue(output),
        Encoding = parsed.GetValue(encoding) is { } name ? ConversionOptions.Parse("--encoding", name) : null,
        Embeddings = parsed.GetValue(embeddings) is { } other ? ConversionOptions.Parse("--embeddings", other) : null,
        Layout = parsed.GetValue(layout),
        Plan = parsed.GetValue(plan),
        Ratio = parsed.GetValue(ratio) is { } part ? ScalarText.Parse<double>("--ratio", part) : null,
        Overwrite = parsed.GetValue(overwrite),
    };

    /// <summary>Shows the plan with --dry-run, else writes and reports.</summary>
    public void Execute(string verb, ConversionOptions options, ParseResult parsed, Session session)
    {
        if (options.ToGguf)
        {
            using var export = new GgufExport(options);
            End(export.Plan, () => export.Run(session.View, session.Cancellation));
        }
        else if (options.Layout is not null)
        {
            using var change = new LayoutChange(options);
            End(change.Plan, () => change.Run(session.View, session.Cancellation));
        }
        else
        {
            using var import = new GgufImport(options);
            End(import.Plan, () => import.Run(session.View, session.Cancellation));
        }

        void End(Func<StepPlan> plan, Func<StepReport> run)
        {
            if (parsed.GetValue(dryRun)) session.View.Plan(new RunPlan([(verb, plan())]));
            else session.View.Report(verb, run());
        }
    }
}

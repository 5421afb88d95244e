using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports;

/// <summary>README.md of a checkpoint: what it is, how it was made, what it measured, how to run it.</summary>
static partial class ModelCard
{
    // A card of the source says these about its text and rights; they hold for what is derived from it.
    static readonly string[] Inherited = ["license", "license_name", "license_link", "language"];

    internal static string Write(RecipeRun run, string folder, IReadOnlyList<StepReportDocument> steps, IProgressReporter progress)
    {
        var source = SourceCard.Read(run.Model);
        if (source.Block("license") is null)
            progress.Warn($"{run.Model} has no card that states a licence; add one to README.md before you share the result.");
        var (config, name) = (ModelOutline.Read(folder).Config, Path.GetFileName(Path.GetFullPath(run.Output).TrimEnd('/', '\\')));
        var standard = (string?)config["model_type"] != "moesaic";
        var text = new StringBuilder("---\n");
        text.Append(CultureInfo.InvariantCulture, $"base_model: {BaseModel(run.Model)}\nbase_model_relation: finetune\n");
        text.Append(CultureInfo.InvariantCulture, $"library_name: {(standard ? "transformers" : "moesaic")}\npipeline_tag: text-generation\n");
        foreach (var key in Inherited) text.Append(source.Block(key));
        text.Append("tags:\n  - moe\n  - mixture-of-experts\n  - moesaic\n");
        foreach (var verb in steps.Select(s => s.Verb).Distinct(StringComparer.Ordinal)) text.Append(CultureInfo.InvariantCulture, $"  - {verb}\n");
        text.Append(CultureInfo.InvariantCulture, $"---\n\n# {name}\n\n{What(run, steps)}\n");
        if (steps.Sum(s => s.Figures.Count) > 0)
        {
            text.Append("## Figures by step\n\n").Append(MarkdownTable.Of(ReportMarkdown.Comparison(steps))).Append('\n');
            var where = steps[^1].Environment;
            text.Append(CultureInfo.InvariantCulture, $"Measured on {where.Processor}, {where.Threads} threads, moesaic {where.Tool}, {where.Runtime}.\n\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"## Recipe\n\n```yaml\n{run.RecipeText}```\n\n").Append(HowToRun(name, standard)).Append(Limits(source, steps));
        return text.ToString();
    }

    static string What(RecipeRun run, IReadOnlyList<StepReportDocument> steps)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"Made from {BaseModel(run.Model)} by [moesaic](https://www.nuget.org/packages/moesaic), seed {run.Seed}:\n\n");
        foreach (var step in steps) text.Append(CultureInfo.InvariantCulture, $"{step.Step}. **{step.Verb}**: {step.Summary}\n");
        return text.ToString();
    }

    static string HowToRun(string name, bool standard)
    {
        var text = $"## How to run\n\n```sh\nmoesaic generate {name} \"Once upon a time\"\n```\n\n";
        if (!standard) return text + "Its layers differ from every architecture of transformers: only moesaic runs it.\n\n";
        return text + $"""
            ```python
            from transformers import AutoModelForCausalLM, AutoTokenizer
            model = AutoModelForCausalLM.from_pretrained("{name}")
            tokenizer = AutoTokenizer.from_pretrained("{name}")
            ```


            """.ReplaceLineEndings("\n");
    }

    static string Limits(SourceCard source, IReadOnlyList<StepReportDocument> steps)
    {
        var text = new StringBuilder("## Limits\n\n- It inherits what its source knows, gets wrong and is biased to; measure it on your own task before you rely on it.\n");
        if (source.Block("license") is null) text.Append("- The source states no licence: clear the rights before you share this model.\n");
        foreach (var step in steps)
            foreach (var line in step.Warnings.Concat(step.Notes)) text.Append(CultureInfo.InvariantCulture, $"- {step.Verb}: {line}\n");
        return text.ToString();
    }

    /// <summary>The hub's name of the source where its config.json remembers one, else the folder's name.</summary>
    static string BaseModel(string folder)
    {
        var remembered = ModelOutline.Read(folder).Config["_name_or_path"] is JsonValue value && value.TryGetValue(out string? text) ? text : "";
        return HubName().IsMatch(remembered) ? remembered : Path.GetFileName(Path.GetFullPath(folder).TrimEnd('/', '\\'));
    }

    [GeneratedRegex(@"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex HubName();
}

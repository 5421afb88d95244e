using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Reports;

/// <summary>README.md of a checkpoint: what it is, how it was made, what it measured, how to run it.</summary>
static partial class ModelCard
{
    // A card of the source says these about its text and rights; they hold for what is derived from it.
    static readonly string[] Inherited = ["license", "license_name", "license_link", "language"];

    internal static string Write(RecipeRun run, string folder, IReadOnlyList<StepReportDocument> steps)
    {
        var source = SourceCard.Read(run.Model);
        var (name, baseModel) = (Name(run.Output), BaseModel(run.Model));
        var standard = (string?)ModelOutline.Read(folder).Config["model_type"] != "moesaic";
        var text = new StringBuilder();
        Add($"---\nbase_model: {baseModel}\nbase_model_relation: finetune\n");
        Add($"library_name: {(standard ? "transformers" : "moesaic")}\npipeline_tag: text-generation\n");
        foreach (var key in Inherited) text.Append(source.Block(key));
        Add($"tags:\n  - moe\n  - mixture-of-experts\n  - moesaic\n");
        foreach (var verb in steps.Select(s => s.Verb).Distinct(StringComparer.Ordinal)) Add($"  - {verb}\n");
        Add($"---\n\n# {name}\n\nMade from {baseModel} by moesaic, seed {run.Seed}:\n\n");
        foreach (var step in steps) Add($"{step.Step}. **{step.Verb}**: {step.Summary}\n");
        Add($"\n");
        if (steps.Sum(s => s.Figures.Count) > 0)
        {
            var where = steps[^1].Environment;
            Add($"## Figures by step\n\n{MarkdownTable.Of(ReportMarkdown.Comparison(steps))}\n");
            Add($"Measured on {where.Processor}, {where.Threads} threads, moesaic {where.Tool}, {where.Runtime}.\n\n");
        }
        Add($"## Recipe\n\n```yaml\n{run.RecipeText}```\n\n{HowToRun(name, standard)}{Limits(source, steps)}");
        return text.ToString();

        void Add(FormattableString part) => text.Append(FormattableString.Invariant(part));
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
        var text = new StringBuilder("## Limits\n\n- It inherits what its source knows, gets wrong and is biased to; "
            + "measure it on your own task before you rely on it.\n");
        if (!source.StatesLicence) text.Append("- The source states no licence: clear the rights before you share this model.\n");
        foreach (var step in steps)
            foreach (var line in step.Warnings.Concat(step.Notes)) text.Append("- ").Append(step.Verb).Append(": ").Append(line).Append('\n');
        return text.ToString();
    }

    /// <summary>The hub's name of the source where its config.json remembers one, else the folder's name.</summary>
    static string BaseModel(string folder)
    {
        var remembered = ModelOutline.Read(folder).Config["_name_or_path"] as JsonValue;
        return remembered is not null && remembered.TryGetValue(out string? name) && HubName().IsMatch(name) ? name : Name(folder);
    }

    static string Name(string folder) => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)));

    [GeneratedRegex(@"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$", RegexOptions.CultureInvariant)]
    private static partial Regex HubName();
}

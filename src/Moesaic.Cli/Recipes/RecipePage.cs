using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Recipes;

/// <summary>The page of all recipe keys, from the types that recipes are bound to.</summary>
[UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The options are types of Moesaic's assemblies, which a trimmed build keeps whole.")]
static class RecipePage
{
    public static string Write(IReadOnlyList<StepKind> kinds)
    {
        var page = new StringBuilder("""
            # Recipes

            A recipe is one YAML file that says what is done to which model. `moesaic run recipe.yaml --dry-run` prints the plan,
            `moesaic run recipe.yaml` runs it, and the same command goes on after a kill. An unknown key, a wrong type or a value out of
            range is refused with its line and the nearest right name. `--set path=value` replaces any value, such as
            `--set steps.0.split.experts=4`. Paths are relative to the current folder. Numbers may be written 400000 or 4e5.

            This page is made by `moesaic recipes keys` from the types that recipes are bound to.


            """.ReplaceLineEndings("\n"));
        page.Append("## The recipe\n\n");
        Keys(page, typeof(Recipe));
        foreach (var kind in kinds)
        {
            page.Append(CultureInfo.InvariantCulture, $"## {kind.Verb}\n\n{kind.Summary}.\n\n");
            Keys(page, kind.OptionsType);
        }
        return page.ToString().TrimEnd('\n') + "\n";
    }

    static void Keys(StringBuilder page, Type options)
    {
        var (rows, choices) = (new StringBuilder(), new StringBuilder());
        Collect(rows, choices, options, "");
        if (rows.Length > 0)
            page.Append("| key | type | default | unit | meaning |\n| --- | --- | --- | --- | --- |\n").Append(rows).Append('\n');
        if (choices.Length > 0) page.Append(choices).Append('\n');
    }

    static void Collect(StringBuilder rows, StringBuilder choices, Type options, string path)
    {
        var defaults = OptionKey.Fresh(options);
        foreach (var key in OptionKey.Of(options))
        {
            var (at, leaf) = (path + key.Name, OptionKey.ElementOf(key.Type) ?? OptionKey.ValueOf(key.Type) ?? key.Type);
            var meaning = OptionDocs.Summary(key.Property).Replace("|", "\\|", StringComparison.Ordinal);
            rows.Append(CultureInfo.InvariantCulture,
                $"| `{at}` | {Kind(key, leaf)} | {Default(key, defaults)} | {key.Unit} | {meaning} |\n");
            if (leaf.IsEnum)
                Choices(choices, at, leaf);
            else if (!Custom(leaf) && OptionKey.IsRecord(leaf))
                Collect(rows, choices, leaf, at + (leaf == key.Type ? "." : "[]."));
        }
    }

    /// <summary>Bound by the recipe's reader, not by properties.</summary>
    static bool Custom(Type type) => type == typeof(RecipeItem) || type == typeof(GridBlock);

    static string Kind(OptionKey key, Type leaf)
    {
        var one = leaf == typeof(RecipeItem) ? "step" : leaf.IsEnum ? "choice" : OptionKey.IsRecord(leaf) ? "mapping"
            : ScalarText.Describe(leaf).Replace("a ", "", StringComparison.Ordinal);
        var kind = key.Type == leaf ? one
            : OptionKey.ElementOf(key.Type) is not null ? $"list, each a {one}" : $"mapping from names, each a {one}";
        var range = key.Rules.OfType<RangeAttribute>().FirstOrDefault();
        if (range is null) return kind;
        // The largest number of the type is no bound that a person meets.
        var open = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture) >= int.MaxValue;
        return string.Create(CultureInfo.InvariantCulture, $"{kind}, {range.Minimum} {(open ? "or more" : $"to {range.Maximum}")}");
    }

    static string Default(OptionKey key, object defaults)
    {
        if (key.Required) return "needed";
        var value = OptionsJson.Of(key.Property.GetValue(defaults));
        var text = value is JsonValue scalar && scalar.TryGetValue<string>(out var word) ? word : value?.ToJsonString() ?? "none";
        return value is JsonObject ? "see below" : $"`{text.Replace("|", "\\|", StringComparison.Ordinal)}`";
    }

    static void Choices(StringBuilder choices, string path, Type type)
    {
        choices.Append(CultureInfo.InvariantCulture, $"Choices of `{path}`:\n\n");
        foreach (var name in Enum.GetNames(type))
        {
            choices.Append(CultureInfo.InvariantCulture,
                $"- `{SnakeCase.Of(name)}`: {OptionDocs.Summary(type.GetField(name)!)}\n");
        }
        choices.Append('\n');
    }
}

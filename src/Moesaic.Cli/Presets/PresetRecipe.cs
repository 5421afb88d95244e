using System.Globalization;
using System.Text;
using Moesaic.Cli.Recipes;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Presets;

/// <summary>The recipe that trains a published system from scratch on the documentation that comes with .NET.</summary>
static class PresetRecipe
{
    /// <summary>The recipe with every value spelled out, under comments that name paper and deviations. It runs as it is.</summary>
    /// <param name="name">Of the preset.</param>
    /// <param name="kinds">The steps there are.</param>
    public static string Write(string name, IReadOnlyList<StepKind> kinds)
    {
        var preset = PresetLibrary.Find(name, "recipes show");
        var text = new StringBuilder();
        Comment(text, $"{preset.System}: {preset.Idea}");
        Comment(text, $"From: {preset.Paper}");
        foreach (var deviation in preset.Deviates) Comment(text, $"Deviates: {deviation}");
        return text.Append(Bind(name, kinds).ToYaml()).ToString();
    }

    /// <summary>The same, bound.</summary>
    public static Recipe Bind(string name, IReadOnlyList<StepKind> kinds)
    {
        var recipe = (MapNode)YamlReader.Read(Scratch(name), name);
        LeaveListsTo(PresetLibrary.Find(name, name), recipe);
        return new RecipeReader(kinds).Bind(recipe, name, []);
    }

    // A list of the recipe would stand for the whole list of the preset: texts with tasks.
    static void LeaveListsTo(Preset preset, MapNode recipe)
    {
        foreach (var step in ((ListNode)recipe.Entries[recipe.IndexOf("steps")].Value).Items.Cast<MapNode>())
        {
            var (verb, options) = step.Entries[0];
            if (preset.Part(verb.Text) is { } part)
                ((MapNode)options).Entries.RemoveAll(e => e.Value is ListNode && part.IndexOf(e.Key.Text) >= 0);
        }
    }

    static string Scratch(string name) => string.Create(CultureInfo.InvariantCulture, $$"""
        moesaic: 1
        preset: {{name}}
        model: recipes/routers
        output: out/routers/{{name}}
        steps:
          - create: { data: [dotnet-docs] }
          - train:
              data: [dotnet-docs]
              held_out: { path: dotnet-docs, tokens: 100000 }
              tokens: 1500000
              context: 256
              batch: 16
              rows_per_pass: 16
              learning_rate: 4.0e-3
              warmup: 0.05
              final_fraction: 0.05
              evaluate_every: 100
          - evaluate: { data: { path: dotnet-docs, tokens: 100000 }, context: 256 }
        """);

    // Broken at 120 columns, so that it reads well beside the keys.
    static void Comment(StringBuilder text, string sentence)
    {
        var width = 0;
        foreach (var word in sentence.Split(' '))
        {
            if (width == 0 || width + word.Length + 1 > 120)
            {
                if (width > 0) text.Append('\n');
                text.Append('#');
                width = 1;
            }
            text.Append(' ').Append(word);
            width += word.Length + 1;
        }
        text.Append('\n');
    }
}

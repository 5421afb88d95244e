using Moesaic.Cli.Presets;
using Moesaic.Formats;
using Moesaic.Methods.Steps;

namespace Moesaic.Cli.Recipes;

/// <summary>Recipes in YAML to bound recipes. Which verbs there are is told by the caller.</summary>
sealed class RecipeReader(IReadOnlyList<StepKind> kinds)
{
    /// <summary>Reads a recipe file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Values of --set, applied in order before anything is checked.</param>
    /// <exception cref="BadRequestException">Every mistake of the recipe, a line each.</exception>
    public Recipe ReadFile(string path, IEnumerable<string> overrides) =>
        Bind(YamlReader.ReadFile(path), path, overrides);

    public Recipe Read(string yaml, string file, params IEnumerable<string> overrides) =>
        Bind(YamlReader.Read(yaml, file), file, overrides);

    /// <summary>Binds a recipe; with a grid, its cells as well.</summary>
    public Recipe Bind(RecipeNode root, string file, IEnumerable<string> overrides)
    {
        if (root is not MapNode map)
            throw new BadRequestException($"{file}: a recipe is a mapping with the keys moesaic, model, output, seed and steps.");
        foreach (var setting in overrides) RecipeOverrides.Apply(map, setting);
        var recipe = new OptionsBinder(new Dictionary<Type, Func<OptionsBinder, RecipeNode, string, object?>>
        {
            [typeof(RecipeItem)] = Item,
            [typeof(GridBlock)] = Block,
        }).Bind<Recipe>(PresetExpansion.Expand(map));
        return recipe.Grid is null ? recipe : recipe with { Cells = new GridReader(this).Cells(map, file, recipe.Grid.Cells, recipe.Output) };
    }

    static object? Block(OptionsBinder binder, RecipeNode node, string path)
    {
        if (node is MapNode { Entries.Count: > 0 } map) return new GridBlock(map);
        binder.Refuse(node, path, "cells are a mapping of paths to values, such as 'steps.0.split.chosen: [2, 4]'");
        return null;
    }

    object? Item(OptionsBinder binder, RecipeNode node, string path)
    {
        if (node is not MapNode { Entries: [var (verb, options)] })
        {
            binder.Refuse(node, path, "a step is one verb with its options, such as 'split: { experts: 8 }'");
            return null;
        }
        if (kinds.FirstOrDefault(k => string.Equals(k.Verb, verb.Text, StringComparison.Ordinal)) is not { } kind)
        {
            binder.Refuse(verb, path,
                $"unknown step '{verb.Text}'{NearestName.Advice(verb.Text, [.. kinds.Select(k => k.Verb)])}");
            return null;
        }
        var bound = binder.Value(options, kind.OptionsType, mayBeNull: false, $"{path}.{kind.Verb}");
        return bound is null ? null : new RecipeItem(kind, bound);
    }
}

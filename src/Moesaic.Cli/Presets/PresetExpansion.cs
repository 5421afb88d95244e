using Moesaic.Cli.Recipes;
using Moesaic.Formats;

namespace Moesaic.Cli.Presets;

/// <summary>Puts the settings of a preset under those of a recipe.</summary>
static class PresetExpansion
{
    const string PresetKey = "preset", StepsKey = "steps";

    /// <summary>The recipe with every setting of its preset in the steps it concerns; what the recipe says itself stays.</summary>
    /// <param name="recipe">Unchanged; without the key preset it is the result.</param>
    /// <exception cref="BadRequestException">There is no such preset, or no step that it could set.</exception>
    public static MapNode Expand(MapNode recipe)
    {
        if (recipe.IndexOf(PresetKey) is var at && (at < 0 || recipe.Entries[at].Value is not ScalarNode { IsNull: false } name)) return recipe;
        var preset = PresetLibrary.Find(name.Text, name.Origin);
        var copy = (MapNode)recipe.Copy();
        var steps = copy.IndexOf(StepsKey) is >= 0 and var s && copy.Entries[s].Value is ListNode list ? list.Items : [];
        var used = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i] is not MapNode { Entries: [var (verb, options)] } || preset.Part(verb.Text) is not { } part) continue;
            var step = new MapNode(steps[i].Origin);
            step.Entries.Add((verb, Over(part, options)));
            steps[i] = step;
            used.Add(verb.Text);
        }
        if (preset.Create is not null && !used.Contains("create"))
            throw new BadRequestException($"{name.Origin}: the preset {name.Text} is a kind of model that the step create makes; the recipe has no such step.");
        return copy;
    }

    /// <summary>Mappings are joined key by key; of everything else the recipe's value counts.</summary>
    static RecipeNode Over(RecipeNode preset, RecipeNode own)
    {
        if (own is ScalarNode { IsNull: true, Text: "" }) return preset.Copy();
        if (preset is not MapNode under || own is not MapNode over) return own;
        var joined = (MapNode)over.Copy();
        foreach (var (key, value) in under.Entries)
        {
            var at = joined.IndexOf(key.Text);
            if (at < 0) joined.Entries.Add((key, value.Copy()));
            else joined.Entries[at] = (joined.Entries[at].Key, Over(value, joined.Entries[at].Value));
        }
        return joined;
    }
}

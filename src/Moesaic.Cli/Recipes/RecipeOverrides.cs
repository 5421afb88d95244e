using System.Globalization;
using Moesaic.Formats;

namespace Moesaic.Cli.Recipes;

/// <summary>--set path=value: replaces or adds a value before the recipe is bound, so that it meets the same checks.</summary>
static class RecipeOverrides
{
    /// <param name="root">The recipe, changed in place.</param>
    /// <param name="setting">"steps.0.split.experts=4"; the value is YAML: 4, docs, [router, experts].</param>
    public static void Apply(MapNode root, string setting)
    {
        var equals = setting.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new BadRequestException($"--set {setting}: write path=value, such as --set steps.0.split.experts=4.");
        var option = $"--set {setting}";
        Set(root, setting[..equals], YamlReader.ReadValue(setting[(equals + 1)..], option), option);
    }

    /// <summary>Puts a value at a dotted path; mappings on the way are made, a list grows by its next index.</summary>
    public static void Set(MapNode root, string path, RecipeNode value, string option)
    {
        RecipeNode node = root;
        var parts = path.Split('.');
        for (var i = 0; i < parts.Length; i++)
        {
            var last = i == parts.Length - 1;
            RecipeNode? next = last ? value : null;
            node = node switch
            {
                MapNode map => Enter(map, parts[i], next, parts.ElementAtOrDefault(i + 1), option),
                ListNode list => Enter(list, parts[i], next, parts.ElementAtOrDefault(i + 1), option, Before(i)),
                _ => throw new BadRequestException(
                    $"{option}: '{Before(i)}' is a single value ({node.Origin}), it has no '{parts[i]}'."),
            };
        }

        string Before(int i) => string.Join('.', parts[..i]);
    }

    static RecipeNode Enter(MapNode map, string key, RecipeNode? value, string? following, string option)
    {
        var at = map.IndexOf(key);
        if (at < 0)
        {
            map.Entries.Add((new ScalarNode(option, key, plain: true), value ?? Fresh(following, option)));
            return map.Entries[^1].Value;
        }
        if (value is null && map.Entries[at].Value is ScalarNode { IsNull: true }) value = Fresh(following, option);
        if (value is not null) map.Entries[at] = (map.Entries[at].Key, value);
        return map.Entries[at].Value;
    }

    static RecipeNode Enter(
        ListNode list, string index, RecipeNode? value, string? following, string option, string path)
    {
        if (!int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out var i) || i > list.Items.Count)
        {
            throw new BadRequestException(FormattableString.Invariant(
                $"{option}: '{path}' is a list of {list.Items.Count}; '{index}' is none of its places 0 to {list.Items.Count}."));
        }
        if (i == list.Items.Count) list.Items.Add(value ?? Fresh(following, option));
        else if (value is not null) list.Items[i] = value;
        return list.Items[i];
    }

    static RecipeNode Fresh(string? following, string option) =>
        following == "0" ? new ListNode(option) : new MapNode(option);
}

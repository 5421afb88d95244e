using System.Text.RegularExpressions;
using Moesaic.Formats;

namespace Moesaic.Cli.Recipes;

/// <summary>Multiplies a grid out: the recipe's nodes, with the values of each cell in their places.</summary>
/// <param name="reader">Binds the recipe of a cell.</param>
sealed partial class GridReader(RecipeReader reader)
{
    const string NameKey = "name", GridKey = "grid", OutputKey = "output";

    /// <summary>More cells than that are a slip, such as a list where one value was meant.</summary>
    const int MaxCells = 10_000;

    /// <summary>All cells in the order of the text, the last list of a mapping turning fastest.</summary>
    /// <param name="root">The recipe, overrides applied; unchanged.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="blocks">The mappings of the grid.</param>
    /// <param name="output">Folder of the whole grid.</param>
    public IReadOnlyList<GridCell> Cells(MapNode root, string file, IReadOnlyList<GridBlock> blocks, string output)
    {
        var cells = new List<GridCell>();
        foreach (var block in blocks)
            foreach (var values in Combinations(block.Node))
            {
                var name = Name(block.Node, values);
                if (cells.Any(c => c.Name == name))
                    throw new BadRequestException($"{block.Node.Origin}: grid: two cells are called '{name}'; give name a place for every value that differs");
                if (cells.Count == MaxCells) throw new BadRequestException($"{block.Node.Origin}: grid: more than {MaxCells} cells");
                var copy = (MapNode)root.Copy();
                copy.Entries.RemoveAll(e => e.Key.Text == GridKey);
                foreach (var (path, value) in values) RecipeOverrides.Set(copy, path, value.Copy(), $"{value.Origin}: {path}");
                RecipeOverrides.Set(copy, OutputKey, new ScalarNode(block.Node.Origin, Path.Combine(output, name), plain: false), OutputKey);
                cells.Add(new GridCell(name, reader.Bind(copy, file, [])));
            }
        return cells;
    }

    static IEnumerable<IReadOnlyList<(string Path, RecipeNode Value)>> Combinations(MapNode block)
    {
        IEnumerable<IReadOnlyList<(string, RecipeNode)>> all = [[]];
        foreach (var (key, value) in block.Entries.Where(e => e.Key.Text != NameKey))
        {
            if (key.Text is OutputKey or GridKey)
                throw new BadRequestException($"{key.Origin}: grid: {key.Text} cannot differ between cells");
            IReadOnlyList<RecipeNode> choices = value is ListNode list ? list.Items : [value];
            if (choices.Count == 0) throw new BadRequestException($"{value.Origin}: grid: {key.Text} has no values");
            all = [.. all.SelectMany(values => choices.Select(choice => (IReadOnlyList<(string, RecipeNode)>)[.. values, (key.Text, choice)]))];
        }
        return all;
    }

    static string Name(MapNode block, IReadOnlyList<(string Path, RecipeNode Value)> values)
    {
        var at = block.IndexOf(NameKey);
        if (at < 0)
        {
            if (values.FirstOrDefault(v => v.Value is not ScalarNode) is { Path: not null } whole)
                throw new BadRequestException($"{whole.Value.Origin}: grid: cells that differ by more than single values need the key name");
            return Safe(block, string.Join('-', values.Select(v => Text(v.Value))));
        }
        if (block.Entries[at].Value is not ScalarNode template)
            throw new BadRequestException($"{block.Entries[at].Value.Origin}: grid: name is text such as \"{{method}}-{{seed}}\"");
        return Safe(template, Places().Replace(template.Text, place =>
            values.FirstOrDefault(v => v.Path == place.Groups[1].Value || v.Path.EndsWith('.' + place.Groups[1].Value, StringComparison.Ordinal)) is { Path: not null } found
                ? Text(found.Value)
                : throw new BadRequestException($"{template.Origin}: grid: name speaks of {place.Value}, which no path of this mapping ends with")));
    }

    static string Text(RecipeNode value) => value is ScalarNode scalar ? scalar.Text
        : throw new BadRequestException($"{value.Origin}: grid: a list or mapping cannot be part of a name");

    static string Safe(RecipeNode origin, string name) => FolderName().IsMatch(name) ? name
        : throw new BadRequestException($"{origin.Origin}: grid: '{name}' is the name of a folder: letters, digits and . _ = + - after a letter or digit, up to 100");

    [GeneratedRegex(@"\{([^{}]*)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Places();

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._=+-]{0,99}$", RegexOptions.CultureInvariant)]
    private static partial Regex FolderName();
}

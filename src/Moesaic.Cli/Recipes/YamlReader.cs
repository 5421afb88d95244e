using Moesaic.Formats;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Moesaic.Cli.Recipes;

/// <summary>
/// YAML text to nodes. One document; anchors and aliases are expanded; tags, duplicate keys and keys that are no
/// scalars are refused, as is anything larger or deeper than a person would write.
/// </summary>
sealed class YamlReader
{
    public const int MaxBytes = 1 << 20, MaxDepth = 32, MaxNodes = 20_000;

    readonly Func<Mark, string> origin;
    readonly IParser parser;
    readonly Dictionary<string, RecipeNode> anchors = new(StringComparer.Ordinal);
    int nodes;

    YamlReader(string text, Func<Mark, string> origin)
    {
        this.origin = origin;
        parser = new Parser(new StringReader(text));
    }

    public static RecipeNode ReadFile(string path)
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MaxBytes })
                throw new BadRequestException($"{path}: larger than {MaxBytes / 1024} KiB, which is no recipe.");
            return Read(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadRequestException($"{path}: the recipe cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Reads a document; its nodes originate from file:line:column.</summary>
    public static RecipeNode Read(string text, string file) =>
        Read(text, mark => FormattableString.Invariant($"{file}:{mark.Line}:{mark.Column}"));

    /// <summary>Reads a value given on the command line; all its nodes originate from that option.</summary>
    public static RecipeNode ReadValue(string text, string option) => Read(text, _ => option);

    static RecipeNode Read(string text, Func<Mark, string> origin)
    {
        var reader = new YamlReader(text, origin);
        try
        {
            return reader.Document();
        }
        catch (YamlException e)
        {
            throw new BadRequestException($"{origin(e.Start)}: not valid YAML: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // YamlDotNet's scanner gives up so on some broken plain scalars inside [ ].
            var last = origin(reader.parser.Current?.End ?? Mark.Empty);
            throw new BadRequestException($"{last}: not valid YAML after this place.", e);
        }
    }

    RecipeNode Document()
    {
        parser.Consume<StreamStart>();
        if (parser.Accept<StreamEnd>(out var end)) return new ScalarNode(origin(end.Start), "", plain: true);
        parser.Consume<DocumentStart>();
        var root = Node(0);
        parser.Consume<DocumentEnd>();
        if (parser.Accept<DocumentStart>(out var second))
            throw new BadRequestException($"{origin(second.Start)}: a second YAML document; a recipe is one document.");
        return root;
    }

    RecipeNode Node(int depth)
    {
        var where = origin(parser.Current!.Start);
        if (depth > MaxDepth) throw new BadRequestException($"{where}: nested more than {MaxDepth} levels deep.");
        if (parser.TryConsume<AnchorAlias>(out var alias))
        {
            return anchors.TryGetValue(alias.Value.Value, out var target)
                ? Copy(target, depth)
                : throw new BadRequestException($"{where}: alias *{alias.Value.Value} names no anchor before it.");
        }
        Count(where);
        var node = parser.Consume<NodeEvent>();
        if (!node.Tag.IsEmpty)
        {
            throw new BadRequestException(
                $"{where}: tag '{node.Tag}'; the type of a value follows from its key, remove the tag.");
        }
        RecipeNode result = node switch
        {
            Scalar scalar => new ScalarNode(where, scalar.Value, scalar.Style is ScalarStyle.Plain),
            SequenceStart => List(where, depth),
            MappingStart => Map(where, depth),
            _ => throw new BadRequestException($"{where}: unexpected {node.GetType().Name}."),
        };
        if (!node.Anchor.IsEmpty) anchors[node.Anchor.Value] = result;
        return result;
    }

    ListNode List(string where, int depth)
    {
        var list = new ListNode(where);
        while (!parser.TryConsume<SequenceEnd>(out _)) list.Items.Add(Node(depth + 1));
        return list;
    }

    MapNode Map(string where, int depth)
    {
        var map = new MapNode(where);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (Node(depth + 1) is not ScalarNode key)
                throw new BadRequestException($"{where}: a key of this mapping is itself a list or mapping.");
            if (map.IndexOf(key.Text) is >= 0 and var first)
            {
                throw new BadRequestException(
                    $"{key.Origin}: key '{key.Text}' is given twice, first at {map.Entries[first].Key.Origin}.");
            }
            map.Entries.Add((key, Node(depth + 1)));
        }
        return map;
    }

    // Aliases become copies, so that a --set on one of them leaves the other alone.
    RecipeNode Copy(RecipeNode node, int depth)
    {
        Count(node.Origin);
        if (depth > MaxDepth) throw new BadRequestException($"{node.Origin}: nested more than {MaxDepth} levels deep.");
        switch (node)
        {
            case MapNode map:
                var copy = new MapNode(map.Origin);
                foreach (var (key, value) in map.Entries) copy.Entries.Add((key, Copy(value, depth + 1)));
                return copy;
            case ListNode list:
                var items = new ListNode(list.Origin);
                foreach (var item in list.Items) items.Items.Add(Copy(item, depth + 1));
                return items;
            default:
                return node;
        }
    }

    void Count(string where)
    {
        if (++nodes > MaxNodes)
            throw new BadRequestException($"{where}: more than {MaxNodes} values, aliases counted at every use.");
    }
}

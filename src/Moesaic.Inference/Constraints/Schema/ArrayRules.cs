using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>
/// Arrays: items by position and the rest, and how many. Where schemas give items by position and say nothing of the rest, there is
/// none, unless minItems asks for it.
/// </summary>
static class ArrayRules
{
    /// <param name="atoms">Schemas that all hold.</param>
    /// <param name="value">The rule for values of schemas that all hold.</param>
    public static Rule Build(IReadOnlyList<SchemaNode> atoms, Func<IReadOnlyList<SchemaNode>, Rule> value)
    {
        var shapes = atoms.Select(Shape.Of).ToList();
        var (least, most) = (atoms.Max(a => a.Count("minItems")) ?? 0, atoms.Min(a => a.Count("maxItems")) ?? Rule.Repeat.Unlimited);
        if (most < least) return Rule.Nothing;
        var placed = Math.Min(most, shapes.Max(s => (int?)s.Placed.Count) ?? 0);
        var isOpen = shapes.Exists(s => s.Rest is not null) || placed == 0 || least > placed;
        var rest = most > placed && isOpen ? value([.. shapes.Select(s => s.Rest).OfType<SchemaNode>()]) : Rule.Nothing;
        var more = new Rule.Repeat(new Rule.Sequence(JsonRules.Comma, rest), Math.Max(0, least - Math.Max(placed, 1)),
            most == Rule.Repeat.Unlimited ? most : most - Math.Max(placed, 1) is var left and >= 0 ? left : 0);

        // From the last place to the first: what may follow when so many items are there.
        Rule behind = new Rule.Sequence(more, JsonRules.CloseArray);
        for (var at = placed - 1; at >= 1; at--)
        {
            Rule next = new Rule.Sequence(JsonRules.Comma, Item(at), behind);
            behind = at >= least ? new Rule.Choice(next, JsonRules.CloseArray) : next;
        }
        Rule content = most == 0 ? Rule.Nothing : new Rule.Sequence(placed > 0 ? Item(0) : rest, behind);
        if (least == 0) content = new Rule.Choice(content, JsonRules.CloseEmptyArray);
        return new Rule.Nested(new Rule.Sequence(JsonRules.OpenArray, content));

        Rule Item(int at) => value([.. shapes.Select(s => at < s.Placed.Count ? s.Placed[at] : s.Rest).OfType<SchemaNode>()]);
    }

    /// <summary>What one schema says: items by position, and all others (null: anything).</summary>
    sealed record Shape(List<SchemaNode> Placed, SchemaNode? Rest)
    {
        public static Shape Of(SchemaNode atom)
        {
            var placed = new List<SchemaNode>();
            SchemaNode? rest = null;
            if (atom.TryGet("prefixItems", out var prefix)) placed = List(prefix);
            if (atom.TryGet("items", out var items))
            {
                // Before 2020 a list of items was what prefixItems is now, and additionalItems the rest.
                if (items.Element.ValueKind != JsonValueKind.Array) rest = items;
                else if (placed.Count > 0) throw items.Fault("is a list beside prefixItems");
                else placed = List(items);
            }
            if (atom.TryGet("additionalItems", out var additional) && rest is null) rest = additional;
            return new Shape(placed, rest);
        }

        static List<SchemaNode> List(SchemaNode list)
        {
            if (list.Element.ValueKind != JsonValueKind.Array) throw list.Fault("has to be a list of schemas");
            return [.. list.Items()];
        }
    }
}

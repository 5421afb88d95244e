using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>
/// Whether no value can fit two branches of oneOf: they are of different types, list different values, or are objects with a
/// property that both require and whose schemas are such branches in turn.
/// </summary>
sealed class Disjointness(SchemaFlattener flattener)
{
    const int DeepestProperty = 3;

    /// <exception cref="Formats.BadRequestException">Two branches may fit the same value.</exception>
    public void Check(SchemaNode oneOf)
    {
        if (oneOf.Element.ValueKind != JsonValueKind.Array) return;
        var branches = oneOf.Items().Select(branch => flattener.Flatten([branch])).ToList();
        for (var i = 0; i < branches.Count; i++)
            for (var j = 0; j < i; j++)
                if (!Apart(branches[i], branches[j], 0))
                    throw oneOf.Fault($"has branches {j} and {i}, which one value might fit both; oneOf is supported where types, const, enum " +
                        "or a required property of such tell the branches apart, else use anyOf");
    }

    bool Apart(List<List<SchemaNode>> a, List<List<SchemaNode>> b, int depth) => a.All(x => b.All(y => Apart(x, y, depth)));

    bool Apart(List<SchemaNode> a, List<SchemaNode> b, int depth)
    {
        var types = SchemaTypes.Of(a) & SchemaTypes.Of(b);
        if (types == ValueTypes.None) return true;
        if (Constants.Of(a) is { } some && Constants.Of(b) is { } others) return !some.Exists(v => others.Exists(w => JsonElement.DeepEquals(v, w)));
        if (types != ValueTypes.Object || depth == DeepestProperty) return false;
        return Required(a).Intersect(Required(b), StringComparer.Ordinal).Any(name =>
            Apart(flattener.Flatten(ObjectRules.Property(a, name)), flattener.Flatten(ObjectRules.Property(b, name)), depth + 1));
    }

    static IEnumerable<string> Required(List<SchemaNode> atoms) => atoms.SelectMany(ObjectRules.Required);
}

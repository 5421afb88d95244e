using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>
/// Turns schemas that all have to hold into alternatives without $ref, allOf, anyOf and oneOf: lists of schemas whose own
/// keywords all have to hold.
/// </summary>
sealed class SchemaFlattener(SchemaDocument document)
{
    readonly HashSet<string> disjoint = new(StringComparer.Ordinal);

    /// <summary>A schema to look at and the schemas that led to it without a value in between.</summary>
    sealed record Open(SchemaNode Node, Open? From);

    sealed record State(List<SchemaNode> Atoms, List<Open> Todo, List<List<Open>> Groups);

    /// <returns>None when no value fits; an empty list where any value does.</returns>
    public List<List<SchemaNode>> Flatten(IEnumerable<SchemaNode> schemas)
    {
        var result = new List<List<SchemaNode>>();
        Expand(new State([], [.. schemas.Select(s => new Open(s, null))], []), result);
        return result;
    }

    void Expand(State state, List<List<SchemaNode>> result)
    {
        while (state.Todo.Count > 0)
        {
            var open = state.Todo[^1];
            state.Todo.RemoveAt(state.Todo.Count - 1);
            if (!Look(open, state)) return;
        }
        if (state.Groups.Count == 0)
        {
            if (result.Count == GrammarLimits.Alternatives)
                throw document.Root.Fault($"has more than {GrammarLimits.Alternatives} combinations of anyOf and oneOf for one value");
            List<SchemaNode> atoms = [.. state.Atoms.OrderBy(a => a.Pointer, StringComparer.Ordinal)];
            if (!result.Exists(known => known.Select(a => a.Pointer).SequenceEqual(atoms.Select(a => a.Pointer), StringComparer.Ordinal))) result.Add(atoms);
            return;
        }
        var group = state.Groups[^1];
        foreach (var branch in group)
            Expand(new State([.. state.Atoms], [branch], state.Groups[..^1]), result);
    }

    /// <returns>False when the schema allows nothing.</returns>
    bool Look(Open open, State state)
    {
        var node = open.Node;
        document.Visit();
        for (var from = open.From; from is not null; from = from.From)
            if (from.Node.Pointer == node.Pointer) throw node.Fault("refers to itself without an array or an object in between");
        if (node.Element.ValueKind is JsonValueKind.True) return true;
        if (node.Element.ValueKind is JsonValueKind.False) return false;
        if (node.Element.ValueKind != JsonValueKind.Object) throw node.Fault("has to be a schema: an object, true or false");
        if (SchemaKeywords.Check(node) && !state.Atoms.Exists(a => a.Pointer == node.Pointer)) state.Atoms.Add(node);
        if (node.TryGet("$ref", out var reference)) state.Todo.Add(new Open(document.Resolve(reference), open));
        if (node.TryGet("allOf", out var all)) state.Todo.AddRange(Branches(all, open));
        if (node.TryGet("anyOf", out var any)) state.Groups.Add(Branches(any, open));
        if (node.TryGet("oneOf", out var one))
        {
            if (disjoint.Add(one.Pointer)) new Disjointness(this).Check(one);
            state.Groups.Add(Branches(one, open));
        }
        return true;
    }

    static List<Open> Branches(SchemaNode list, Open from)
    {
        if (list.Element.ValueKind != JsonValueKind.Array || list.Element.GetArrayLength() == 0) throw list.Fault("has to be a list of schemas");
        return [.. list.Items().Select(s => new Open(s, from))];
    }
}

using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>
/// Objects. Properties come in the order of the schema, required ones that it does not describe behind them, then any
/// others. Others are allowed where additionalProperties says so, or where nothing is said about properties at all.
/// </summary>
static class ObjectRules
{
    /// <param name="atoms">Schemas that all hold.</param>
    /// <param name="value">The rule for values of schemas that all hold.</param>
    /// <param name="budget">What it may cost.</param>
    public static Rule Build(IReadOnlyList<SchemaNode> atoms, Func<IReadOnlyList<SchemaNode>, Rule> value, WorkBudget budget)
    {
        var required = atoms.SelectMany(Required).ToHashSet(StringComparer.Ordinal);
        var names = atoms.SelectMany(Described).Concat(required).Distinct(StringComparer.Ordinal).ToList();
        if (names.Count > GrammarLimits.Properties)
            throw atoms[0].Fault($"has an object of more than {GrammarLimits.Properties} properties");
        var others = atoms.Where(a => a.Has("additionalProperties")).Select(Others).ToList();
        var isOpen = others.Count > 0 ? !others.Exists(o => o.Element.ValueKind == JsonValueKind.False)
            : !atoms.Any(a => a.Has("properties") || a.Has("required"));

        // Behind all named properties: others, then the end.
        var (first, behind) = (Rule.Nothing, (Rule)JsonRules.CloseObject);
        if (isOpen)
        {
            var later = new Rule.Later();
            first = new Rule.Sequence(OtherName(names, budget), JsonRules.Colon, value(others), later);
            later.Body = new Rule.Choice(new Rule.Sequence(JsonRules.Comma, first), JsonRules.CloseObject);
            behind = later;
        }
        // From the last to the first: what may come before anything, and what behind a value.
        var mayEnd = true;
        foreach (var name in names.AsEnumerable().Reverse())
        {
            var isRequired = required.Contains(name);
            Rule member = new Rule.Sequence(Name(name, budget), JsonRules.Colon, value(Property(atoms, name)), behind);
            first = isRequired ? member : new Rule.Choice(member, first);
            mayEnd &= !isRequired;
            Rule next = new Rule.Sequence(JsonRules.Comma, first);
            behind = mayEnd ? new Rule.Choice(next, JsonRules.CloseObject) : next;
        }
        if (mayEnd) first = new Rule.Choice(first, JsonRules.CloseEmptyObject);
        return new Rule.Nested(new Rule.Sequence(JsonRules.OpenObject, first));
    }

    /// <summary>The schemas of a property.</summary>
    public static List<SchemaNode> Property(IEnumerable<SchemaNode> atoms, string name)
    {
        var schemas = new List<SchemaNode>();
        foreach (var atom in atoms)
        {
            if (atom.TryGet("properties", out var properties) && properties.TryGet(name, out var described)) schemas.Add(described);
            else if (atom.Has("additionalProperties")) schemas.Add(Others(atom));
        }
        return schemas;
    }

    public static IEnumerable<string> Required(SchemaNode atom)
    {
        if (!atom.TryGet("required", out var list)) yield break;
        if (list.Element.ValueKind != JsonValueKind.Array) throw list.Fault("has to be a list of names");
        foreach (var name in list.Items())
            yield return name.Element.ValueKind == JsonValueKind.String ? name.Element.GetString()! : throw name.Fault("has to be a name");
    }

    static IEnumerable<string> Described(SchemaNode atom)
    {
        if (!atom.TryGet("properties", out var properties)) return [];
        if (properties.Element.ValueKind != JsonValueKind.Object) throw properties.Fault("has to be an object of schemas");
        return properties.Members().Select(member => member.Name);
    }

    static SchemaNode Others(SchemaNode atom)
    {
        atom.TryGet("additionalProperties", out var others);
        return others;
    }

    static Rule.Leaf Name(string name, WorkBudget budget)
    {
        budget.Spend(name.Length * 16);
        return new Rule.Leaf(new LiteralTerminal(JsonText.Quote(name)));
    }

    static Rule OtherName(List<string> names, WorkBudget budget) => names.Count == 0 ? JsonRules.String
        : new Rule.Leaf(Spelling.Quoted(CharAutomaton.Except(names, budget), budget));
}

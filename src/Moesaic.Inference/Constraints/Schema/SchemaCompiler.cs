using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>
/// A JSON schema to rules. A value is known by the schemas that all have to hold for it; the same ones give the same rule, so that
/// references may go in circles.
/// </summary>
sealed class SchemaCompiler
{
    readonly SchemaFlattener flattener;
    readonly WorkBudget budget = new();
    readonly Dictionary<string, Rule.Later> values = new(StringComparer.Ordinal);
    readonly Queue<(Rule.Later Rule, List<List<SchemaNode>> Alternatives)> todo = new();
    readonly Rule anything = JsonRules.Value();

    SchemaCompiler(SchemaDocument document) => flattener = new SchemaFlattener(document);

    /// <exception cref="Formats.BadRequestException">The schema is wrong, not supported, too large, or allows no value.</exception>
    public static Rule Compile(JsonElement schema)
    {
        var document = new SchemaDocument(schema);
        var compiler = new SchemaCompiler(document);
        var rule = compiler.Value([document.Root]);
        // What is inside arrays and objects waits here, so that depth costs no stack.
        while (compiler.todo.TryDequeue(out var next)) next.Rule.Body = new Rule.Choice([.. next.Alternatives.Select(compiler.Build)]);
        RuleDepths.Assign(rule);
        return rule.Depth <= GrammarLimits.Nesting ? rule : throw document.Root.Fault(
            $"allows no value, or only such as are nested deeper than {GrammarLimits.Nesting} levels; look for required properties that " +
            "contain themselves, or bounds that exclude each other");
    }

    Rule Value(IReadOnlyList<SchemaNode> schemas)
    {
        var alternatives = flattener.Flatten(schemas);
        var key = string.Join('\n', alternatives.Select(atoms => string.Join('\t', atoms.Select(a => a.Pointer))));
        if (alternatives is [[]]) return anything;
        if (values.TryGetValue(key, out var known)) return known;
        var rule = values[key] = new Rule.Later();
        todo.Enqueue((rule, alternatives));
        return rule;
    }

    Rule Build(List<SchemaNode> atoms)
    {
        if (atoms.Count == 0) return anything;
        if (Constants.Of(atoms) is { } constants) return Constants.Build(constants, atoms, budget);
        var types = SchemaTypes.Of(atoms);
        var rules = new List<Rule>();
        if (types.HasFlag(ValueTypes.Object)) rules.Add(ObjectRules.Build(atoms, Value, budget));
        if (types.HasFlag(ValueTypes.Array)) rules.Add(ArrayRules.Build(atoms, Value));
        if (types.HasFlag(ValueTypes.String)) rules.Add(StringRules.Build(atoms, budget));
        if ((types & ValueTypes.Number) != 0) rules.Add(NumberRules.Build(atoms, !types.HasFlag(ValueTypes.Fraction), budget));
        if (types.HasFlag(ValueTypes.Boolean)) rules.Add(JsonRules.Boolean);
        if (types.HasFlag(ValueTypes.Null)) rules.Add(JsonRules.Null);
        return new Rule.Choice([.. rules]);
    }
}

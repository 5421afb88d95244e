using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>Kinds of JSON values.</summary>
[Flags]
enum ValueTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Fraction = 8,
    Number = Integer | Fraction,
    String = 16,
    Array = 32,
    Object = 64,
    Any = 127,
}

/// <summary>The types that schemas allow.</summary>
static class SchemaTypes
{
    /// <summary>
    /// What all of the schemas allow. Where none names a type or values, but keywords speak of some types only, it is those: people
    /// who leave out "type" mean it.
    /// </summary>
    public static ValueTypes Of(IReadOnlyList<SchemaNode> atoms)
    {
        var types = ValueTypes.Any;
        foreach (var atom in atoms) types &= Named(atom) ?? ValueTypes.Any;
        if (atoms.Any(a => a.Has("type") || a.Has("enum") || a.Has("const"))) return types;
        var meant = ValueTypes.None;
        if (Any(atoms, SchemaKeywords.OfStrings)) meant |= ValueTypes.String;
        if (Any(atoms, SchemaKeywords.OfNumbers)) meant |= ValueTypes.Number;
        if (Any(atoms, SchemaKeywords.OfArrays)) meant |= ValueTypes.Array;
        if (Any(atoms, SchemaKeywords.OfObjects)) meant |= ValueTypes.Object;
        return meant == ValueTypes.None ? types : types & meant;
    }

    public static ValueTypes Of(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => ValueTypes.Null,
        JsonValueKind.True or JsonValueKind.False => ValueTypes.Boolean,
        JsonValueKind.String => ValueTypes.String,
        JsonValueKind.Array => ValueTypes.Array,
        JsonValueKind.Object => ValueTypes.Object,
        // 2.0 is an integer.
        _ => DecimalText.Read(value) is { Fraction.Length: 0 } ? ValueTypes.Integer : ValueTypes.Fraction,
    };

    public static bool Any(IEnumerable<SchemaNode> atoms, string[] keywords) => atoms.Any(a => Array.Exists(keywords, a.Has));

    static ValueTypes? Named(SchemaNode atom)
    {
        if (!atom.TryGet("type", out var type)) return null;
        var types = type.Element.ValueKind == JsonValueKind.Array
            ? type.Items().Aggregate(ValueTypes.None, (all, one) => all | Named(one.Element, type)) : Named(type.Element, type);
        // OpenAPI 3.0's way to say that null is allowed as well.
        return atom.TryGet("nullable", out var nullable) && nullable.Element.ValueKind == JsonValueKind.True ? types | ValueTypes.Null : types;
    }

    static ValueTypes Named(JsonElement name, SchemaNode type) => name.ValueKind != JsonValueKind.String ? throw type.Fault("has to name types")
        : name.GetString() switch
        {
            "null" => ValueTypes.Null,
            "boolean" => ValueTypes.Boolean,
            "integer" => ValueTypes.Integer,
            "number" => ValueTypes.Number,
            "string" => ValueTypes.String,
            "array" => ValueTypes.Array,
            "object" => ValueTypes.Object,
            var other => throw type.Fault($"names the type {other}, which JSON has not"),
        };
}

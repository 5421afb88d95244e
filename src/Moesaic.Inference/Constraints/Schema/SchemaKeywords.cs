using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>The keywords that are known, by the kind of value that they say something about.</summary>
static class SchemaKeywords
{
    public static readonly string[] OfStrings = ["minLength", "maxLength", "pattern", "format"];

    public static readonly string[] OfNumbers = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

    public static readonly string[] OfArrays = ["items", "prefixItems", "additionalItems", "minItems", "maxItems"];

    public static readonly string[] OfObjects = ["properties", "required", "additionalProperties"];

    static readonly string[] OfAnything = ["type", "nullable", "enum", "const"];

    static readonly string[] Structure = ["$ref", "allOf", "anyOf", "oneOf"];

    // They say nothing about values.
    static readonly string[] Notes =
    [
        "title", "description", "default", "examples", "example", "$schema", "$comment", "deprecated", "readOnly", "writeOnly", "$defs", "definitions",
    ];

    static readonly HashSet<string> Assertions = new([.. OfStrings, .. OfNumbers, .. OfArrays, .. OfObjects, .. OfAnything], StringComparer.Ordinal);

    /// <summary>All that are known.</summary>
    public static IReadOnlySet<string> All => Known;

    static readonly HashSet<string> Known = new([.. Assertions, .. Structure, .. Notes], StringComparer.Ordinal);

    /// <summary>Looks at all keywords of a schema.</summary>
    /// <returns>Whether one of them says something about values by itself.</returns>
    /// <exception cref="Formats.BadRequestException">One is not supported.</exception>
    public static bool Check(SchemaNode schema)
    {
        var asserts = false;
        foreach (var (name, value) in schema.Members())
        {
            asserts |= Assertions.Contains(name);
            if (Known.Contains(name) || name.StartsWith("x-", StringComparison.Ordinal)) continue;
            if (name == "$id" && schema.Pointer == "#") continue;
            if (name == "uniqueItems" && value.Element.ValueKind == JsonValueKind.False) continue;
            throw value.Fault($"uses the keyword \"{name}\", which is not supported; docs/server.md lists those that are");
        }
        return asserts;
    }
}

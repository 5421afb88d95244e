using System.Text.Json.Nodes;
using NJsonSchema.Validation;

namespace Moesaic.Inference.Tests;

/// <summary>NJsonSchema's opinion. It knows draft 4: newer keywords are written in that.</summary>
sealed class OutsideValidator
{
    readonly NJsonSchema.JsonSchema schema;

    public OutsideValidator(JsonNode newer) =>
        schema = NJsonSchema.JsonSchema.FromJsonAsync(
            Older(newer.DeepClone())!.ToJsonString().Replace("$defs", "definitions", StringComparison.Ordinal)).GetAwaiter().GetResult();

    /// <summary>What it finds wrong.</summary>
    /// <remarks>It counts UTF-16 units where JSON Schema counts code points: of texts in which the two differ, lengths are not judged.</remarks>
    public List<string> Errors(string json)
    {
        var counted = !json.Any(char.IsSurrogate);
        return [.. schema.Validate(json).Where(e => counted || !IsLength(e)).Select(e => e.ToString())];
    }

    static bool IsLength(ValidationError error) =>
        error.Kind is ValidationErrorKind.StringTooShort or ValidationErrorKind.StringTooLong
        || (error is ChildSchemaValidationError child && child.Errors.Values.SelectMany(e => e).Any(IsLength))
        || (error is MultiTypeValidationError types && types.Errors.Values.SelectMany(e => e).Any(IsLength));

    static JsonNode? Older(JsonNode? node)
    {
        if (node is JsonArray list)
        {
            for (var i = 0; i < list.Count; i++) list[i] = Older(list[i]?.DeepClone());
            return list;
        }
        if (node is not JsonObject schema) return node;
        if (schema["$ref"] is JsonValue reference)
        {
            // It looks at nothing that stands beside a reference.
            schema.Remove("$ref");
            schema["allOf"] = new JsonArray(new JsonObject { ["$ref"] = reference.DeepClone() });
            return Inside(schema);
        }
        if (schema.ContainsKey("prefixItems"))
        {
            Rename(schema, "items", "additionalItems");
            Rename(schema, "prefixItems", "items");
        }
        if (schema.TryGetPropertyValue("const", out var only))
        {
            schema.Remove("const");
            schema["enum"] = new JsonArray(only?.DeepClone());
            return schema;
        }
        if (schema.ContainsKey("enum")) return schema;
        if (schema.Remove("nullable")) schema["type"] = new JsonArray(schema["type"]!.DeepClone(), "null");
        return Inside(schema);
    }

    static JsonObject Inside(JsonObject schema)
    {
        foreach (var name in schema.Select(p => p.Key).Where(name => name != "allOf" || schema["allOf"]![0]!["$ref"] is null).ToList())
            schema[name] = Older(schema[name]?.DeepClone());
        return schema;
    }

    static void Rename(JsonObject schema, string from, string to)
    {
        if (!schema.TryGetPropertyValue(from, out var value)) return;
        schema.Remove(from);
        schema[to] = value;
    }
}

using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Text.Jinja.Runtime;

namespace Moesaic.Text.Jinja.Values;

/// <summary>Turns values of .NET and JSON into values of a template.</summary>
sealed class Import(Provenance provenance)
{
    const int MaxNesting = 200;

    /// <exception cref="ArgumentException">A type that templates do not know.</exception>
    public object? Value(object? value, int depth = 0)
    {
        if (depth > MaxNesting) throw new ArgumentException($"Values are nested deeper than {MaxNesting}.", nameof(value));
        return value switch
        {
            null or bool or long or double or string => value,
            // A copy, since an equal string elsewhere may be the same object.
            TemplateWords words => provenance.Own(new string(words.Text.AsSpan())),
            int number => (long)number,
            float number => (double)number,
            JsonElement json => Json(json, depth),
            JsonNode node => Json(JsonElement.Parse(node.ToJsonString()), depth),
            IEnumerable<KeyValuePair<string, object?>> entries => Dict(entries, depth),
            IDictionary => throw new ArgumentException("A dictionary given to a template must have string keys and object values.", nameof(value)),
            IEnumerable items => List(items, depth),
            _ => throw new ArgumentException($"A template does not know values of type {value.GetType()}.", nameof(value)),
        };
    }

    PythonDict Dict(IEnumerable<KeyValuePair<string, object?>> entries, int depth)
    {
        var dict = new PythonDict();
        foreach (var (key, value) in entries) dict[key] = Value(value, depth + 1);
        return dict;
    }

    List<object?> List(IEnumerable items, int depth)
    {
        var list = new List<object?>();
        foreach (var item in items) list.Add(Value(item, depth + 1));
        return list;
    }

    object? Json(JsonElement json, int depth)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                var dict = new PythonDict();
                foreach (var property in json.EnumerateObject()) dict[property.Name] = Value(property.Value, depth + 1);
                return dict;
            case JsonValueKind.Array: return List(json.EnumerateArray(), depth);
            case JsonValueKind.String: return json.GetString();
            case JsonValueKind.True: return true;
            case JsonValueKind.False: return false;
            case JsonValueKind.Number: return Number(json.GetRawText());
            default: return null;
        }
    }

    static object Number(string text)
    {
        if (text.AsSpan().ContainsAny(".eE")) return double.Parse(text, CultureInfo.InvariantCulture);
        if (long.TryParse(text, CultureInfo.InvariantCulture, out var number)) return number;
        return BigInteger.Parse(text, CultureInfo.InvariantCulture);
    }
}

using System.Collections;
using System.Text.Json.Nodes;

namespace Moesaic.Cli.Recipes;

/// <summary>
/// Options records as JSON, every key present and in the order of its declaration: the resolved form that is stored,
/// compared between runs and written back as YAML.
/// </summary>
static class OptionsJson
{
    public static JsonNode? Of(object? value) => value switch
    {
        null => null,
        string text => JsonValue.Create(text),
        bool truth => JsonValue.Create(truth),
        int number => JsonValue.Create(number),
        uint number => JsonValue.Create(number),
        long number => JsonValue.Create(number),
        ulong number => JsonValue.Create(number),
        float number => JsonValue.Create(number),
        double number => JsonValue.Create(number),
        Enum choice => JsonValue.Create(SnakeCase.Of(choice.ToString())),
        JsonNode node => node.DeepClone(),
        IDictionary map => Map(map),
        IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(Of)]),
        _ => Record(value),
    };

    static JsonObject Record(object options)
    {
        var result = new JsonObject();
        foreach (var key in OptionKey.Of(options.GetType())) result.Add(key.Name, Of(key.Property.GetValue(options)));
        return result;
    }

    static JsonObject Map(IDictionary map)
    {
        var result = new JsonObject();
        foreach (var name in map.Keys.Cast<string>().Order(StringComparer.Ordinal)) result.Add(name, Of(map[name]));
        return result;
    }
}

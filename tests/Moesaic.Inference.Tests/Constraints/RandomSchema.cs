using System.Text.Json.Nodes;

namespace Moesaic.Inference.Tests;

/// <summary>Schemas of all supported keywords, by chance.</summary>
sealed class RandomSchema(int seed)
{
    static readonly string[] Names = ["a", "name", "naïve", "x y", "q\"uote", "tab\t", "children", "nam", "日本"];
    static readonly string[] Patterns =
    [
        "^[a-z]{2,5}$", "^(foo|bar)", "^(a|bc)*d?$", "^[0-9]{3}-[0-9]{4}$", "^\\w+\\s\\d?$", "^x.y", "^[^\"\\\\]+$", "^(é+|ß)", "^$", "^a|^b|-$", "\\n",
        "^(?:[A-Z][a-z]*\\.?){1,3}$", "^.{3}", "^[\\u4e00-\\u9fff]+$",
    ];
    static readonly string[] Formats = ["date", "time", "date-time", "uuid", "email", "ipv4", "ipv6", "hostname"];

    readonly Random random = new(seed);

    public JsonObject Make()
    {
        var schema = Value(0);
        schema["$defs"] = new JsonObject
        {
            ["leaf"] = Value(3),
            ["tree"] = new JsonObject
            {
                ["type"] = "object", ["additionalProperties"] = false, ["required"] = new JsonArray("v"),
                ["properties"] = new JsonObject
                {
                    ["v"] = Value(3),
                    ["kids"] = new JsonObject { ["type"] = "array", ["items"] = new JsonObject { ["$ref"] = "#/$defs/tree" }, ["maxItems"] = 3 },
                },
            },
        };
        return schema;
    }

    bool Chance(double p) => random.NextDouble() < p;

    JsonObject Value(int depth)
    {
        var schema = random.Next(depth >= 3 ? 6 : 13) switch
        {
            0 => new JsonObject { ["type"] = "boolean" },
            1 => Integer(),
            2 => Number(),
            3 or 4 => String(),
            5 => Values(),
            6 or 7 => Array(depth),
            8 or 9 or 10 => Object(depth),
            11 => new JsonObject { ["$ref"] = Chance(0.5) ? "#/$defs/leaf" : "#/$defs/tree" },
            _ => Combined(depth),
        };
        if (Chance(0.2)) schema["description"] = "what it is";
        if (Chance(0.1)) schema["title"] = "T";
        if (Chance(0.1)) schema["default"] = 5;
        return schema;
    }

    JsonObject Integer()
    {
        var schema = new JsonObject { ["type"] = Chance(0.2) ? new JsonArray("integer", "null") : "integer" };
        var low = random.Next(-300, 300);
        if (Chance(0.4)) schema[Chance(0.5) ? "minimum" : "exclusiveMinimum"] = low;
        if (Chance(0.4)) schema[Chance(0.5) ? "maximum" : "exclusiveMaximum"] = low + random.Next(40, 3000);
        if (Chance(0.2)) schema["multipleOf"] = random.Next(1, 20);
        return schema;
    }

    JsonObject Number()
    {
        var schema = new JsonObject { ["type"] = "number" };
        var low = random.Next(-3000, 3000) / 100m;
        if (Chance(0.5)) schema[Chance(0.5) ? "minimum" : "exclusiveMinimum"] = low;
        if (Chance(0.5)) schema[Chance(0.5) ? "maximum" : "exclusiveMaximum"] = low + (random.Next(100, 900) / 100m);
        if (Chance(0.2)) schema["multipleOf"] = new[] { 0.01m, 0.5m, 0.25m, 3m }[random.Next(4)];
        return schema;
    }

    JsonObject String()
    {
        var schema = new JsonObject { ["type"] = "string" };
        var kind = random.Next(5);
        if (kind == 0) schema["format"] = Formats[random.Next(Formats.Length)];
        if (kind is 1 or 2) schema["pattern"] = Patterns[random.Next(Patterns.Length)];
        if (kind == 2 && Chance(0.5)) schema["minLength"] = random.Next(3);
        if (kind == 3)
        {
            schema["minLength"] = random.Next(4);
            if (Chance(0.7)) schema["maxLength"] = random.Next(4, 30);
        }
        if (Chance(0.1)) schema["nullable"] = true;
        return schema;
    }

    JsonObject Values()
    {
        JsonNode?[] values = ["red", "red\nblue", "r", 1, 1.5, -20, true, null, "日本", "\"", new JsonArray(1, "x"), new JsonObject { ["a"] = null }];
        if (Chance(0.3)) return new JsonObject { ["const"] = values[random.Next(values.Length)]?.DeepClone() };
        return new JsonObject { ["enum"] = new JsonArray([.. values.Where(_ => Chance(0.4)).Append("z").Select(v => v?.DeepClone())]) };
    }

    JsonObject Array(int depth)
    {
        var schema = new JsonObject { ["type"] = "array" };
        if (Chance(0.3))
        {
            schema["prefixItems"] = new JsonArray(Value(depth + 1), Value(depth + 1));
            if (Chance(0.5)) schema["items"] = Chance(0.5) ? Value(depth + 1) : false;
        }
        else if (Chance(0.9)) schema["items"] = Value(depth + 1);
        if (Chance(0.4)) schema["minItems"] = random.Next(3);
        if (Chance(0.5)) schema["maxItems"] = random.Next(2, 6);
        return schema;
    }

    JsonObject Object(int depth)
    {
        var schema = new JsonObject { ["type"] = "object" };
        var names = Names.Where(_ => Chance(0.35)).ToList();
        if (Chance(0.95)) schema["properties"] = new JsonObject(names.Select(n => KeyValuePair.Create(n, (JsonNode?)Value(depth + 1))));
        schema["required"] = new JsonArray([.. names.Where(_ => Chance(0.5)).Concat(Chance(0.1) ? ["extra"] : System.Array.Empty<string>()).Select(n => (JsonNode)n)]);
        if (Chance(0.7)) schema["additionalProperties"] = random.Next(4) switch { 0 => true, 1 => Value(depth + 1), _ => false };
        return schema;
    }

    JsonObject Combined(int depth)
    {
        switch (random.Next(4))
        {
            case 0: return new JsonObject { ["anyOf"] = new JsonArray(Value(depth + 1), Value(depth + 1), new JsonObject { ["type"] = "null" }) };
            case 1:
                var (text, whole) = (String(), Integer());
                text.Remove("nullable");
                whole["type"] = "integer";
                return new JsonObject { ["oneOf"] = new JsonArray(text, whole, Kind("circle", depth), Kind("square", depth)) };
            case 2:
                return new JsonObject { ["allOf"] = new JsonArray(new JsonObject { ["type"] = "integer", ["minimum"] = 3 }, new JsonObject { ["maximum"] = 99 }) };
            default:
                var (one, other) = (Kind("sum", depth), Kind("sum", depth));
                one.Remove("additionalProperties");
                other.Remove("additionalProperties");
                other["properties"]!.AsObject().Add("more", Value(depth + 1));
                return new JsonObject { ["allOf"] = new JsonArray(one, other) };
        }
    }

    JsonObject Kind(string name, int depth) => new()
    {
        ["type"] = "object", ["required"] = new JsonArray("kind"), ["additionalProperties"] = false,
        ["properties"] = new JsonObject { ["kind"] = new JsonObject { ["const"] = name }, ["value" + name] = Value(depth + 1) },
    };
}

using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Inference.Tests;

public class JsonSchemaTests
{
    [Theory]
    // types
    [InlineData("""{"type":["string","null"]}""", "null \"x\"", "1 true {}")]
    [InlineData("""{"type":"integer"}""", "0 -7 123456789012345678", "1.0 -0 01 1e3 1234567890123456789")]
    [InlineData("""{"type":"number"}""", "0 -0.5 1e3 2.50", "1. .5 +1 NaN 1e")]
    [InlineData("""{"type":"string","nullable":true}""", "null \"\"", "0")]
    [InlineData("""{"minLength":1}""", "\"a\"", "\"\" 1 null")]
    [InlineData("true", "1 null {}", "x")]
    // strings
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"ab\" \"日本語\" \"😀😀\" \"\\u0041\\ud83d\\ude00\"", "\"a\" \"abcd\" \"😀\" \"\\n\"")]
    [InlineData("""{"type":"string","pattern":"^a+$"}""", "\"a\" \"aaa\"", "\"\" \"ab\" \"ba\"")]
    [InlineData("""{"type":"string","pattern":"b"}""", "\"b\" \"abc\"", "\"\" \"ac\"")]
    [InlineData("""{"type":"string","pattern":"^[\"\\\\\\n]$"}""", "\"\\\"\" \"\\\\\" \"\\n\"", "\"n\" \"\\u000a\"")]
    [InlineData("""{"type":"string","pattern":"^[😀-😎]{2}$"}""", "\"😀😎\"", "\"😀\" \"ab\"")]
    [InlineData("""{"type":"string","pattern":"^.*$","maxLength":2}""", "\"\" \"ab\" \"é日\"", "\"abc\"")]
    [InlineData("""{"type":"string","pattern":"^\\d{2,}?|x$"}""", "\"12\" \"123y\" \"ax\"", "\"1\" \"xa\"")]
    [InlineData("""{"type":"string","format":"date"}""", "\"2024-02-29\" \"1999-12-31\"", "\"2023-02-29\" \"1900-02-29\" \"2024-04-31\" \"0000-01-01\"")]
    [InlineData("""{"type":"string","format":"date-time"}""", "\"2024-02-29T23:59:59.5Z\" \"2024-01-01T00:00:00+13:59\"", "\"2024-01-01\" \"2024-01-01T24:00:00Z\"")]
    [InlineData("""{"type":"string","format":"duration"}""", "\"P1Y2M3DT4H5M6S\" \"PT1S\" \"P3W\"", "\"P\" \"PT\" \"1S\"")]
    [InlineData("""{"type":"string","format":"ipv6"}""", "\"::\" \"::1\" \"2001:db8::1\" \"1:2:3:4:5:6:7:8\"", "\":\" \"1::2::3\" \"12345::\"")]
    [InlineData("""{"type":"string","format":"uuid","pattern":"^0{8}"}""", "\"00000000-1234-abcd-ABCD-000000000000\"", "\"10000000-1234-abcd-abcd-000000000000\"")]
    // numbers
    [InlineData("""{"type":"integer","minimum":-3,"maximum":12}""", "-3 -1 0 9 10 12", "-4 13 -10 100")]
    [InlineData("""{"type":"integer","exclusiveMinimum":99,"exclusiveMaximum":101}""", "100", "99 101 1000 -100")]
    [InlineData("""{"type":"integer","minimum":2.5}""", "3 10 99999", "2 0 -3")]
    [InlineData("""{"type":"integer","multipleOf":7}""", "0 7 14 -21 7000000", "1 15 -6")]
    [InlineData("""{"type":"integer","multipleOf":2.5}""", "0 5 10", "2 3")]
    [InlineData("""{"type":"number","minimum":0.25,"maximum":1}""", "0.25 0.5 1 1.0 0.250", "0.2 0 1.01 0.249999 2")]
    [InlineData("""{"type":"number","minimum":-1.5,"exclusiveMaximum":0}""", "-1.5 -0.001 -1", "0 -1.51 -2 1 -0")]
    [InlineData("""{"type":"number","multipleOf":0.05}""", "0.05 1.1 3 -2.95", "0.01 1.12")]
    [InlineData("""{"type":"number","minimum":10,"exclusiveMinimum":true}""", "10.1 11 100", "10 9.9 10.0")]
    [InlineData("""{"type":"integer","maximum":1e20}""", "5 -5", "x")]
    // arrays
    [InlineData("""{"type":"array","items":{"type":"integer"},"minItems":1,"maxItems":3}""", "[1] [1,2,3]", "[] [1,2,3,4] [\"a\"]")]
    [InlineData("""{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}]}""", "[] [1] [1,\"a\"]", "[\"a\"] [1,\"a\",2]")]
    [InlineData("""{"type":"array","prefixItems":[{"type":"integer"}],"items":{"type":"null"},"minItems":2}""", "[1,null] [1,null,null]", "[1] [null,null]")]
    [InlineData("""{"type":"array","items":[{"type":"integer"}],"additionalItems":false,"minItems":1}""", "[1]", "[] [1,2]")]
    [InlineData("""{"type":"array","items":false}""", "[]", "[1]")]
    [InlineData("""{"type":"array","maxItems":0}""", "[]", "[1]")]
    [InlineData("""{"type":"array","items":{"type":"null"},"minItems":3}""", "[null,null,null] [null,null,null,null,null]", "[null,null]")]
    // objects
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"}},"required":["b"]}""", "{\"b\":null} {\"a\":1,\"b\":null}", "{} {\"a\":1} {\"b\":null,\"a\":1} {\"b\":null,\"c\":1}")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"}}}""", "{} {\"a\":1} {\"b\":null} {\"a\":1,\"b\":null}", "{,} {\"a\":1,}")]
    [InlineData("""{"type":"object","properties":{"ab":{"type":"integer"}},"additionalProperties":{"type":"string"}}""", "{} {\"ab\":1,\"abc\":\"x\",\"a\":\"y\",\"\":\"\"}", "{\"ab\":\"x\"} {\"x\":1} {\"x\":\"\",\"ab\":1} {\"a\\u0062\":\"x\"}")]
    [InlineData("""{"type":"object"}""", "{} {\"x\":[{}]}", "[]")]
    [InlineData("""{"type":"object","properties":{}}""", "{}", "{\"x\":1}")]
    [InlineData("""{"type":"object","required":["x"],"additionalProperties":{"type":"integer"}}""", "{\"x\":1} {\"x\":1,\"y\":2}", "{} {\"y\":2}")]
    [InlineData("""{"type":"object","properties":{"a":false,"b":true}}""", "{} {\"b\":[]}", "{\"a\":1}")]
    // values
    [InlineData("""{"enum":["a","ab",1,null,{"x":[1]}]}""", "\"a\" \"ab\" 1 null {\"x\":[1]}", "\"b\" 2 {}")]
    [InlineData("""{"enum":["a","abc",7],"type":"string","minLength":2}""", "\"abc\"", "\"a\" 7")]
    [InlineData("""{"const":"\u00e9\n"}""", "\"é\\n\"", "\"e\"")]
    [InlineData("""{"enum":[1,2,30],"minimum":2,"multipleOf":2}""", "2 30", "1")]
    // combinations
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"string"}],"enum":[1,"x",null]}""", "1 \"x\"", "null")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"string"}]}""", "1 \"x\"", "null")]
    [InlineData("""{"allOf":[{"minimum":3},{"maximum":5}],"type":"integer"}""", "3 5", "2 6")]
    [InlineData("""{"allOf":[{"type":"object","properties":{"a":{"minimum":2}}},{"properties":{"a":{"type":"integer"},"b":true},"required":["a"]}]}""", "{\"a\":2} {\"a\":3,\"b\":[]}", "{} {\"a\":1} {\"a\":2.5}")]
    [InlineData("""{"allOf":[{"properties":{"a":true},"additionalProperties":false},{"properties":{"b":true}}]}""", "{} {\"a\":1}", "{\"b\":1}")]
    [InlineData("""{"$ref":"#/$defs/n","minimum":3,"$defs":{"n":{"type":"integer"}}}""", "3", "2 3.5")]
    [InlineData("""{"type":"object","properties":{"v":{"type":"integer"},"next":{"anyOf":[{"$ref":"#"},{"type":"null"}]}},"required":["v","next"]}""", "{\"v\":1,\"next\":{\"v\":2,\"next\":null}}", "{\"v\":1} {\"v\":1,\"next\":{}}")]
    public void Values_are_told_apart(string schema, string good, string bad)
    {
        var grammar = Grammar.JsonSchema(Parse(schema)).Compile(Bytes.Table);
        foreach (var text in good.Split(' ')) Assert.True(Bytes.Allows(grammar, Encoding.UTF8.GetBytes(text)), $"{text} fits {schema}");
        foreach (var text in bad.Split(' ')) Assert.False(Bytes.Allows(grammar, Encoding.UTF8.GetBytes(text)), $"{text} does not fit {schema}");
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a/b":{"not":{}}}}""", "#/properties/a~1b/not uses the keyword \"not\"")]
    [InlineData("""{"patternProperties":{}}""", "#/patternProperties")]
    [InlineData("""{"items":{"uniqueItems":true}}""", "#/items/uniqueItems")]
    [InlineData("""{"type":"string","format":"color"}""", "#/format names the format \"color\"")]
    [InlineData("""{"type":"string","pattern":"(?=a)"}""", "#/pattern has a kind of group")]
    [InlineData("""{"type":"string","pattern":"(a)\\1"}""", "#/pattern has the escape \\1")]
    [InlineData("""{"type":"string","pattern":"a{2000}"}""", "#/pattern has more than 1000 repetitions")]
    [InlineData("""{"type":"text"}""", "#/type names the type text")]
    [InlineData("""{"minLength":-1}""", "#/minLength has to be an integer")]
    [InlineData("""{"minimum":"1"}""", "#/minimum has to be a number")]
    [InlineData("""{"$ref":"other.json"}""", "#/$ref refers to other.json")]
    [InlineData("""{"$ref":"#/$defs/x"}""", "#/$ref refers to #/$defs/x, which the schema does not have")]
    [InlineData("""{"$ref":"#"}""", "refers to itself")]
    [InlineData("""{"anyOf":[{"type":"null"},{"$ref":"#"}]}""", "refers to itself")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "#/oneOf has branches 0 and 1")]
    [InlineData("""{"type":"integer","minimum":3,"maximum":2}""", "allows no value")]
    [InlineData("""{"allOf":[{"type":"integer"},{"type":"string"}]}""", "allows no value")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]}""", "allows no value")]
    [InlineData("""{"enum":[]}""", "allows no value")]
    [InlineData("""{"type":"number","multipleOf":3.00001}""", "remainders")]
    [InlineData("""{"type":"integer","multipleOf":123456}""", "remainders")]
    [InlineData("""{"type":"string","type":"null"}""", "#/type is there twice")]
    [InlineData("""{"const":"\ud800"}""", "half of a surrogate pair")]
    [InlineData("3", "has to be a schema")]
    public void What_is_not_supported_is_refused_by_name(string schema, string expected)
    {
        var error = Assert.Throws<BadRequestException>(() => Grammar.JsonSchema(Parse(schema)));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_schemas_are_refused_in_time_or_stay_cheap()
    {
        var doubled = string.Join(',', Enumerable.Range(0, 30).Select(i =>
            $$"""  "d{{i}}":{"allOf":[{"$ref":"#/$defs/d{{i + 1}}"},{"$ref":"#/$defs/d{{i + 1}}"}]}  """));
        var choices = string.Join(',', Enumerable.Range(0, 20).Select(i => $$"""{"anyOf":[{"minLength":{{i}} },{"maxLength":{{i + 50}} }]}"""));
        var many = string.Join(',', Enumerable.Range(0, 5000).Select(i => $"\"p{i}\":true"));
        var ambiguous = """{"type":"null"}""";
        for (var i = 0; i < 11; i++) ambiguous = $$$"""{"type":"array","items":{"anyOf":[{{{ambiguous}}},{{{ambiguous}}}]}}""";
        // With what is said of it; nothing where it may work as well.
        (string Schema, string Refused)[] schemas =
        [
            ("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + doubled + ",\"d30\":{\"type\":\"null\"}}}", "more than 10000 schemas"),
            ($$"""{"allOf":[{{choices}}]}""", "more than 256 combinations"),
            ("{\"properties\":{" + many + "}}", "more than 1000 properties"),
            (ambiguous, "in more than 1024 ways"),
            ("""{"type":"string","pattern":"(((a{0,100}){0,100}){0,100})"}""", "#/pattern needs an automaton that is too large"),
            ("""{"type":"string","pattern":"^(a|b)*a(a|b){25}$"}""", "#/pattern needs an automaton that is too large"),
            ("""{"type":"string","pattern":"^[a-z]{1,900}x[a-z]{1,900}$"}""", ""),
            ("""{"type":"string","pattern":"^(.*a){14}$","maxLength":5000}""", "needs an automaton that is too large"),
            ("""{"type":"integer","minimum":1e999999999}""", "#/minimum has an exponent"),
            ("""{"type":"string","minLength":1000000000}""", "longer string than can be generated"),
            ($"{{\"enum\":[{string.Join(',', Enumerable.Range(0, 5000))}]}}", "more than 2000 values"),
            (string.Concat(Enumerable.Repeat("{\"items\":", 60)) + "{}" + new string('}', 60), ""),
            (string.Concat(Enumerable.Repeat("{\"items\":", 62)) + "{\"items\":{\"items\":{\"items\":{}}}}" + new string('}', 62), "nested deeper than 64"),
        ];
        foreach (var (schema, expected) in schemas)
        {
            var start = Stopwatch.GetTimestamp();
            string? refused = null;
            try
            {
                var constraint = Grammar.JsonSchema(Parse(schema)).Compile(ConstrainedText.Table).Start();
                var mask = new uint[TokenMask.Words(ConstrainedText.Table.VocabularySize)];
                for (var step = 0; step < 30; step++)
                {
                    constraint.Mask(mask);
                    var open = ConstrainedText.Tokenizer.Encode("[", addSpecial: false)[0];
                    if (!TokenMask.Has(mask, open)) break;
                    constraint.Accept(open);
                }
            }
            catch (BadRequestException e)
            {
                refused = e.Message;
            }
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Assert.Contains(expected, refused ?? "", StringComparison.Ordinal);
            Assert.True(seconds < 10, $"{seconds} s for {schema[..Math.Min(schema.Length, 80)]}: {refused}");
        }
    }

    [Fact]
    public void A_thousand_optional_properties_stay_quick()
    {
        var properties = string.Join(',', Enumerable.Range(0, 1000).Select(i => $"\"property{i}\":{{\"type\":\"null\"}}"));
        var constraint = Grammar.JsonSchema(Parse("{\"properties\":{" + properties + "}}")).Compile(Bytes.Table).Start();
        foreach (var value in "{\"property3\":null,"u8) constraint.Accept(value);
        var mask = new uint[TokenMask.Words(Bytes.Table.VocabularySize)];
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < 20; i++) constraint.Mask(mask);
        Assert.True(Stopwatch.GetElapsedTime(start).TotalSeconds < 10);
        Assert.Equal(['\n', ' ', '"'], "\n \"}".Where(c => TokenMask.Has(mask, c)));
    }

    [Fact]
    public void A_schema_of_openais_strict_kind_works()
    {
        var schema = Parse("""
            {
              "type": "object", "title": "Order", "description": "an order",
              "properties": {
                "id": { "type": "string", "pattern": "^[A-Z]{2}-[0-9]{4}$", "description": "the id" },
                "items": { "type": "array", "minItems": 1, "maxItems": 4, "items": { "$ref": "#/$defs/item" } },
                "note": { "type": ["string", "null"] },
                "state": { "type": "string", "enum": ["open", "closed"] },
                "parent": { "anyOf": [ { "$ref": "#" }, { "type": "null" } ] }
              },
              "required": ["id", "items", "note", "state", "parent"], "additionalProperties": false,
              "$defs": {
                "item": {
                  "type": "object", "additionalProperties": false, "required": ["sku", "count", "price"],
                  "properties": {
                    "sku": { "type": "string" }, "count": { "type": "integer", "minimum": 1, "maximum": 99 },
                    "price": { "type": "number", "minimum": 0, "multipleOf": 0.01 }
                  }
                }
              }
            }
            """);
        var compiled = Grammar.JsonSchema(schema).Compile(ConstrainedText.Table);
        var validator = new OutsideValidator(JsonNode.Parse(schema.GetRawText())!);
        for (var seed = 0; seed < 20; seed++)
            if (ConstrainedText.Generate(compiled, seed) is { } text) Assert.Empty(validator.Errors(text));
    }

    static JsonElement Parse(string json) => JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 200 }).RootElement.Clone();
}

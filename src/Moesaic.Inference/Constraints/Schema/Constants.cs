using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Moesaic.Inference;

/// <summary>The values of const and enum. They are written as a serializer writes them without spaces, numbers as in the schema.</summary>
static class Constants
{
    static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What all of the schemas list, or null when none lists values.</summary>
    public static List<JsonElement>? Of(IReadOnlyList<SchemaNode> atoms)
    {
        List<JsonElement>? values = null;
        foreach (var atom in atoms)
        {
            if (atom.TryGet("const", out var only)) Keep([only.Element]);
            if (!atom.TryGet("enum", out var list)) continue;
            if (list.Element.ValueKind != JsonValueKind.Array) throw list.Fault("has to be a list of values");
            if (list.Element.GetArrayLength() > GrammarLimits.Values) throw list.Fault($"has more than {GrammarLimits.Values} values");
            Keep([.. list.Element.EnumerateArray()]);
        }
        return values;

        void Keep(List<JsonElement> these) => values = values is null ? these : values.FindAll(v => these.Exists(w => JsonElement.DeepEquals(v, w)));
    }

    /// <summary>A rule for those values that fit the other keywords.</summary>
    public static Rule Build(List<JsonElement> values, IReadOnlyList<SchemaNode> atoms, WorkBudget budget)
    {
        var types = SchemaTypes.Of(atoms);
        var fitting = values.FindAll(v => (types & SchemaTypes.Of(v)) != 0 && Fits(v, atoms, budget));
        var texts = fitting.Where(v => v.ValueKind == JsonValueKind.String).Select(v => v.GetString()!).ToList();
        var rules = fitting.Where(v => v.ValueKind != JsonValueKind.String)
            .Select(v => (Rule)new Rule.Leaf(new LiteralTerminal(Encoding.UTF8.GetBytes(Write(v))))).ToList();
        if (texts.Count > 0) rules.Add(new Rule.Leaf(Spelling.Quoted(CharAutomaton.Of(texts, budget), budget)));
        return new Rule.Choice([.. rules]);
    }

    static bool Fits(JsonElement value, IReadOnlyList<SchemaNode> atoms, WorkBudget budget)
    {
        switch (SchemaTypes.Of(value))
        {
            case ValueTypes.String: return StringRules.Fits(value.GetString()!, atoms, budget);
            case ValueTypes.Integer or ValueTypes.Fraction: return NumberRules.Fits(value, atoms);
            case ValueTypes.Array or ValueTypes.Object when SchemaTypes.Any(atoms, [.. SchemaKeywords.OfArrays, .. SchemaKeywords.OfObjects]):
                throw atoms.First(a => a.Has("enum") || a.Has("const")).Fault("lists arrays or objects beside keywords about their content, which is not supported");
            default: return true;
        }
    }

    static string Write(JsonElement value)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Plain)) value.WriteTo(writer);
        return Encoding.UTF8.GetString(buffer.ToArray());
    }
}

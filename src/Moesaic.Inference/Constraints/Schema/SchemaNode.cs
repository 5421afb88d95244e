using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>A schema and where it stands in its document, as a JSON pointer (RFC 6901) in a fragment: #/properties/a.</summary>
readonly record struct SchemaNode(JsonElement Element, string Pointer)
{
    public bool Has(string keyword) => Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(keyword, out _);

    public bool TryGet(string keyword, out SchemaNode value)
    {
        var found = Element.TryGetProperty(keyword, out var element);
        value = new SchemaNode(element, found ? Below(Pointer, keyword) : "");
        return found;
    }

    /// <summary>The schemas in an array.</summary>
    public IEnumerable<SchemaNode> Items()
    {
        var index = 0;
        foreach (var item in Element.EnumerateArray()) yield return new SchemaNode(item, FormattableString.Invariant($"{Pointer}/{index++}"));
    }

    /// <summary>The values of an object, by name.</summary>
    public IEnumerable<(string Name, SchemaNode Node)> Members()
    {
        foreach (var member in Element.EnumerateObject()) yield return (member.Name, new SchemaNode(member.Value, Below(Pointer, member.Name)));
    }

    /// <summary>A count such as minLength, or null when it is absent.</summary>
    public int? Count(string keyword)
    {
        if (!TryGet(keyword, out var value)) return null;
        // 3.0 is an integer too.
        if (value.Element.ValueKind == JsonValueKind.Number && value.Element.TryGetDouble(out var number) && number >= 0 && number == Math.Floor(number))
            return (int)Math.Min(number, int.MaxValue - 1);
        throw value.Fault("has to be an integer of 0 or more");
    }

    /// <param name="what">For example "is not supported".</param>
    public BadRequestException Fault(string what)
    {
        var at = Pointer.LastIndexOf('/');
        return new BadRequestException(at < 0 ? $"The schema {what}." : $"In the schema, {Pointer} {what}.");
    }

    public static string Below(string pointer, string name) =>
        $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
}

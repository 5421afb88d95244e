using System.Globalization;
using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>A whole schema: finds what references name.</summary>
sealed class SchemaDocument
{
    const int DeepestSchema = 64;

    readonly JsonElement root;
    int schemas;

    /// <exception cref="BadRequestException">A name comes twice, or a text is no Unicode.</exception>
    public SchemaDocument(JsonElement root)
    {
        this.root = root;
        Check(Root, 0);
    }

    public SchemaNode Root => new(root, "#");

    /// <summary>The schema that a $ref names.</summary>
    public SchemaNode Resolve(SchemaNode reference)
    {
        if (reference.Element.ValueKind != JsonValueKind.String) throw reference.Fault("has to be a text");
        var text = reference.Element.GetString()!;
        if (text != "#" && !text.StartsWith("#/", StringComparison.Ordinal))
            throw reference.Fault($"refers to {text}; only references into the schema itself are supported, such as #/$defs/name");
        var (element, pointer) = (root, "#");
        foreach (var part in text.Split('/').Skip(1))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            pointer = SchemaNode.Below(pointer, name);
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var member)) element = member;
            else if (element.ValueKind == JsonValueKind.Array && int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < element.GetArrayLength()) element = element[index];
            else throw reference.Fault($"refers to {text}, which the schema does not have");
        }
        return new SchemaNode(element, pointer);
    }

    /// <summary>Counts a schema that is looked at, so that references can not multiply without end.</summary>
    public void Visit()
    {
        if (++schemas > GrammarLimits.Schemas)
            throw new BadRequestException($"The schema is made of more than {GrammarLimits.Schemas} schemas, those that references repeat included; use a smaller one.");
    }

    static void Check(SchemaNode node, int depth)
    {
        if (depth > DeepestSchema) throw node.Fault($"is nested deeper than {DeepestSchema} levels");
        try
        {
            if (node.Element.ValueKind == JsonValueKind.String) node.Element.GetString();
            if (node.Element.ValueKind == JsonValueKind.Array)
                foreach (var item in node.Items()) Check(item, depth + 1);
            if (node.Element.ValueKind != JsonValueKind.Object) return;
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (name, member) in node.Members())
            {
                if (!names.Add(name)) throw member.Fault("is there twice");
                Check(member, depth + 1);
            }
        }
        catch (InvalidOperationException)
        {
            throw node.Fault("has a text with half of a surrogate pair, which is no Unicode");
        }
    }
}

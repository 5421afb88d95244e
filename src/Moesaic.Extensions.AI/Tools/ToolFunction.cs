using System.Text.Encodings.Web;
using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Inference;

namespace Moesaic.Extensions.AI;

/// <summary>A function that a model may call.</summary>
public sealed record ToolFunction
{
    const int LongestName = 64;

    static readonly JsonElement NoParameters = JsonElement.Parse("""{"type": "object", "properties": {}}""");

    /// <summary>Describes a function.</summary>
    /// <param name="name">1 to 64 letters, digits, '_', '-' and '.'.</param>
    /// <param name="description">What it is for, or null.</param>
    /// <param name="parameters">JSON schema of its arguments, an object; null: it has none.</param>
    /// <exception cref="BadRequestException">The name has other characters, or the schema is no JSON object.</exception>
    public ToolFunction(string name, string? description = null, JsonElement? parameters = null)
    {
        if (name.Length is < 1 or > LongestName || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.')))
            throw new BadRequestException($"The function name \"{name}\" is not possible: need 1 to {LongestName} letters, digits, '_', '-' and '.'.");
        if (parameters is { ValueKind: not JsonValueKind.Object })
            throw new BadRequestException($"Function {name}: parameters must be a JSON schema of an object.");
        (Name, Description, Parameters) = (name, description, parameters ?? NoParameters);
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>What it is for; null when nobody said.</summary>
    public string? Description { get; }

    /// <summary>JSON schema of its arguments.</summary>
    public JsonElement Parameters { get; }

    /// <summary>What its arguments may be.</summary>
    /// <exception cref="BadRequestException">The schema is wrong or uses what is not supported.</exception>
    internal Grammar Arguments()
    {
        try
        {
            // Without a word about the type any object will do, but nothing else.
            return Parameters.EnumerateObject().Any() ? Grammar.JsonSchema(Parameters) : Grammar.JsonObject();
        }
        catch (BadRequestException e)
        {
            throw new BadRequestException($"Function {Name}, parameters: {e.Message}", e);
        }
    }

    /// <summary>As the OpenAI protocol and chat templates have it.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "function");
        json.WriteStartObject("function");
        json.WriteString("name", Name);
        if (Description is not null) json.WriteString("description", Description);
        json.WritePropertyName("parameters");
        Parameters.WriteTo(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Functions as a JSON array.</summary>
    internal static JsonElement Json(IReadOnlyList<ToolFunction> functions)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartArray();
            foreach (var function in functions) function.Write(json);
            json.WriteEndArray();
        }
        return JsonElement.Parse(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }
}

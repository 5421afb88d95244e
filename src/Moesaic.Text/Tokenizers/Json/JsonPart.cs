using System.Text.Json;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>A value in a JSON file that knows where it stands, so that every complaint can say so.</summary>
readonly struct JsonPart(JsonElement element, string file, string path)
{
    public string File => file;

    public bool IsNull => element.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined;

    public bool IsText => element.ValueKind == JsonValueKind.String;

    public bool IsArray => element.ValueKind == JsonValueKind.Array;

    public bool IsObject => element.ValueKind == JsonValueKind.Object;

    public string Where => path.Length == 0 ? file : $"{file}, {path}";

    /// <summary>Stands for a file that is not there: all its members are missing.</summary>
    public static JsonPart Missing(string file) => new(default, file, "");

    /// <summary>Parses a file; its errors name it.</summary>
    public static JsonPart Read(string path)
    {
        try
        {
            return Parse(System.IO.File.ReadAllBytes(path), Path.GetFileName(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadModelException($"{path} can not be read: {e.Message}", e);
        }
    }

    /// <summary>Parses the content of a file.</summary>
    public static JsonPart Parse(ReadOnlySpan<byte> content, string file)
    {
        try
        {
            return new JsonPart(JsonElement.Parse(content), file, "");
        }
        catch (JsonException e)
        {
            throw new BadModelException($"{file} is not valid JSON: {e.Message}", e);
        }
    }

    /// <summary>A member, which may be missing or null.</summary>
    public JsonPart this[string name]
    {
        get
        {
            JsonElement member = default;
            try
            {
                if (IsObject) element.TryGetProperty(name, out member);
            }
            catch (InvalidOperationException e)
            {
                throw Fault($"a member's name is not valid Unicode ({e.Message})");
            }
            return new JsonPart(member, file, path.Length == 0 ? name : $"{path}.{name}");
        }
    }

    public string Text
    {
        get
        {
            if (!IsText) throw Fault("a string is needed");
            try
            {
                return element.GetString()!;
            }
            catch (InvalidOperationException e)
            {
                throw Fault($"the string is not valid Unicode ({e.Message})");
            }
        }
    }

    public int Number => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= 0
        ? value
        : throw Fault("a whole number from 0 to 2,147,483,647 is needed");

    public bool IsZero => element.ValueKind == JsonValueKind.Number && element.GetDouble() == 0;

    public bool Flag(string name, bool standard)
    {
        var member = this[name];
        if (member.IsNull) return standard;
        return member.Kind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw member.Fault("true or false is needed"),
        };
    }

    /// <summary>The `type` member of a component.</summary>
    public string Type => IsObject ? this["type"].Text : throw Fault("an object with a \"type\" is needed");

    public IEnumerable<JsonPart> Items
    {
        get
        {
            if (!IsArray) throw Fault("a list is needed");
            var index = 0;
            foreach (var item in element.EnumerateArray()) yield return new JsonPart(item, file, $"{path}[{index++}]");
        }
    }

    public IEnumerable<(string Name, JsonPart Value)> Members
    {
        get
        {
            if (!IsObject) throw Fault("an object is needed");
            foreach (var member in element.EnumerateObject())
            {
                var place = path.Length == 0 ? "a member" : $"{path}, a member";
                yield return (NameOf(member), new JsonPart(member.Value, file, place));
            }
        }
    }

    /// <summary>Refuses members other than these: a setting that is not understood would be ignored silently.</summary>
    public void Allow(params ReadOnlySpan<string> names)
    {
        foreach (var (name, _) in Members)
            if (!names.Contains(name)) throw Fault($"the setting \"{name}\" is not supported");
    }

    public BadModelException Fault(string what) => new($"{Where}: {what}.");

    JsonValueKind Kind => element.ValueKind;

    string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException e)
        {
            throw Fault($"a member's name is not valid Unicode ({e.Message})");
        }
    }
}

using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Moesaic.Formats;

/// <summary>
/// A config.json, read strictly: a key of the wrong type or range is a <see cref="BadModelException"/> that names key and
/// file. It remembers which keys were asked for, so that <see cref="Finish"/> can refuse those that would change the
/// mathematics but were not honoured. A key that is null counts as absent.
/// </summary>
public sealed class HfConfig
{
    readonly JsonElement root;
    readonly string prefix;
    readonly HashSet<string> read = new(StringComparer.Ordinal);

    HfConfig(JsonElement root, string source, string prefix = "")
    {
        this.root = root;
        this.prefix = prefix;
        Source = source;
    }

    /// <summary>For messages: the file it was read from, or what the caller said.</summary>
    public string Source { get; }

    /// <summary>All keys whose value is not null, in the order of the file.</summary>
    public IEnumerable<string> Keys => root.EnumerateObject()
        .Where(p => p.Value.ValueKind != JsonValueKind.Null).Select(p => p.Name);

    /// <summary>Keys nobody asked for yet.</summary>
    public IEnumerable<string> Unread => Keys.Where(k => !read.Contains(k));

    /// <summary><c>model_type</c>, e.g. "llama".</summary>
    public string ModelType => Text("model_type");

    /// <summary><c>architectures</c>, e.g. "LlamaForCausalLM"; empty when absent.</summary>
    public IReadOnlyList<string> Architectures => Find("architectures") is { } list
        ? [.. List("architectures", list).Select(e => e.ValueKind == JsonValueKind.String
            ? e.GetString()!
            : throw Bad("architectures", "must hold strings"))]
        : [];

    /// <summary><c>dtype</c> or <c>torch_dtype</c>, with or without "torch."; null when neither is there.</summary>
    public TensorType? DType
    {
        get
        {
            string? now = TextOrNull("dtype"), before = TextOrNull("torch_dtype");
            if (now is not null && before is not null && now != before)
                throw Bad("dtype", $"is \"{now}\", but torch_dtype is \"{before}\"");
            if ((now ?? before) is not { } name) return null;
            foreach (var type in Enum.GetValues<TensorType>())
                if (type.IsFloat() && name.Replace("torch.", "", StringComparison.Ordinal) == type.ConfigName())
                    return type;
            throw Bad(now is null ? "torch_dtype" : "dtype", $"\"{name}\" is not supported (supported: "
                + "float32, bfloat16, float16, float64)");
        }
    }

    /// <summary>Reads a config.json.</summary>
    public static HfConfig Load(string path)
    {
        path = Path.GetFullPath(path);
        return new HfConfig(StrictJson.LoadObject(path), path);
    }

    /// <summary>Takes JSON text; <paramref name="source"/> stands for the file in messages.</summary>
    public static HfConfig Parse(string json, string source = "config.json") =>
        new(StrictJson.ParseObject(Encoding.UTF8.GetBytes(json), source), source);

    /// <summary>Takes a copy of an object built in memory.</summary>
    public static HfConfig From(JsonObject json, string source = "config.json") => Parse(json.ToJsonString(), source);

    /// <summary>A copy with changes made to the JSON object; nothing counts as read.</summary>
    public HfConfig With(Action<JsonObject> change)
    {
        var json = ToJson();
        change(json);
        return From(json, Source);
    }

    /// <summary>A mutable copy of the JSON object.</summary>
    public JsonObject ToJson() => JsonObject.Create(root.Clone())!;

    /// <summary>True when the key is there and not null. Does not count as reading it.</summary>
    public bool Has(string key) => root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null;

    internal bool IsObject(string key) =>
        root.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Object;

    /// <summary>Marks keys as honoured without looking at them.</summary>
    public void Accept(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys) read.Add(key);
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int Int(string key, int min = 0, int max = int.MaxValue) => IntOrNull(key, min, max) ?? throw Missing(key);

    /// <inheritdoc cref="Int"/>
    public int IntOr(string key, int fallback, int min = 0, int max = int.MaxValue) =>
        IntOrNull(key, min, max) ?? fallback;

    /// <inheritdoc cref="Int"/>
    public int? IntOrNull(string key, int min = 0, int max = int.MaxValue) =>
        Find(key) is { } value ? ToInt(key, value, min, max) : null;

    /// <summary>One whole number or a list of them (as <c>eos_token_id</c> may be); empty when absent.</summary>
    public IReadOnlyList<int> Ints(string key, int min = 0, int max = int.MaxValue) => Find(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } list => [.. List(key, list).Select(e => ToInt(key, e, min, max))],
        { } one => [ToInt(key, one, min, max)],
    };

    /// <summary>A finite number.</summary>
    public double Number(string key) => NumberOrNull(key) ?? throw Missing(key);

    /// <inheritdoc cref="Number"/>
    public double NumberOr(string key, double fallback) => NumberOrNull(key) ?? fallback;

    /// <inheritdoc cref="Number"/>
    public double? NumberOrNull(string key)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double number) || !double.IsFinite(number))
            throw Bad(key, $"must be a number, not {Shown(value)}");
        return number;
    }

    /// <summary>true or false.</summary>
    public bool BoolOr(string key, bool fallback) => Find(key) switch
    {
        null => fallback,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Bad(key, $"must be true or false, not {Shown(other)}"),
    };

    /// <summary>A string.</summary>
    public string Text(string key) => TextOrNull(key) ?? throw Missing(key);

    /// <inheritdoc cref="Text"/>
    public string TextOr(string key, string fallback) => TextOrNull(key) ?? fallback;

    /// <inheritdoc cref="Text"/>
    public string? TextOrNull(string key)
    {
        if (Find(key) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw Bad(key, $"must be a string, not {Shown(value)}");
    }

    /// <summary>A nested object, with its own account of what was read; null when absent.</summary>
    public HfConfig? Section(string key)
    {
        if (Find(key) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Object
            ? new HfConfig(value, Source, $"{prefix}{key}.")
            : throw Bad(key, $"must be an object, not {Shown(value)}");
    }

    /// <summary>
    /// Rotary embedding, from either spelling; dynamic, longrope and others are refused by name.
    /// </summary>
    /// <param name="defaultTheta">What the architecture takes when the file gives none.</param>
    public RopeConfig Rope(double defaultTheta = 10_000) => RopeReader.Read(this, defaultTheta);

    /// <summary>
    /// Refuses a feature that is switched on: a value other than null, false, 0, "" or an empty list.
    /// </summary>
    /// <param name="key">The key; counts as read.</param>
    /// <param name="why">Ends the sentence "key ... is set, but", e.g. "sliding-window attention is not supported".</param>
    public void Refuse(string key, string why)
    {
        if (Find(key) is { } value && IsOn(value)) throw Bad(key, $"is {Shown(value)}, but {why}");
    }

    /// <summary>
    /// Ends the reading. Unread keys among <paramref name="changesMaths"/> that are switched on are refused, as is a
    /// <c>quantization_config</c>; the others are returned, for a note to the user.
    /// </summary>
    public IReadOnlyList<string> Finish(params ReadOnlySpan<string> changesMaths)
    {
        foreach (string key in (ReadOnlySpan<string>)[.. changesMaths, "quantization_config"])
            if (!read.Contains(key)) Refuse(key, "this would change what the model computes and is not supported");
        return [.. Unread];
    }

    /// <summary>An exception about a key, for checks the caller makes: <c>file: key what.</c></summary>
    public BadModelException Bad(string key, string what) => new($"{Source}: {prefix}{key} {what}.");

    BadModelException Missing(string key) => Bad(key, "is missing");

    JsonElement? Find(string key)
    {
        read.Add(key);
        return root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    int ToInt(string key, JsonElement value, int min, int max)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= min && number <= max)
            return number;
        string range = max == int.MaxValue ? string.Create(CultureInfo.InvariantCulture, $"of {min} or more")
            : string.Create(CultureInfo.InvariantCulture, $"from {min} to {max}");
        throw Bad(key, $"must be a whole number {range}, not {Shown(value)}");
    }

    JsonElement.ArrayEnumerator List(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
            ? value.EnumerateArray()
            : throw Bad(key, $"must be a list, not {Shown(value)}");

    static bool IsOn(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.False => false,
        JsonValueKind.Number => !value.TryGetDouble(out double number) || number != 0,
        JsonValueKind.String => value.GetRawText().Length > 2,
        JsonValueKind.Array => value.GetArrayLength() > 0,
        _ => true,
    };

    static string Shown(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= 60 ? text : text[..60] + "...";
    }
}

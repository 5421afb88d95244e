using System.Globalization;

namespace Moesaic.Formats;

/// <summary>
/// The keys and values of a GGUF file in their order, read strictly: a value of the wrong type or range is a
/// <see cref="BadModelException"/> that names key and file. A whole number may be stored in any integer type, a number in
/// any numeric one. It remembers which keys were asked for.
/// </summary>
/// <param name="source">For messages: the file.</param>
public sealed class GgufMetadata(string source)
{
    readonly OrderedDictionary<string, GgufValue> values = new(StringComparer.Ordinal);
    readonly HashSet<string> read = new(StringComparer.Ordinal);

    /// <summary>For messages: the file it was read from.</summary>
    public string Source => source;

    /// <summary>All keys with their values, in the order of the file.</summary>
    public IEnumerable<KeyValuePair<string, GgufValue>> Entries => values;

    /// <summary>Keys nobody asked for yet.</summary>
    public IEnumerable<string> Unread => values.Keys.Where(k => !read.Contains(k));

    /// <summary>Number of keys.</summary>
    public int Count => values.Count;

    /// <summary>Sets a key, at the end unless it is there already.</summary>
    public void Set(string key, GgufValue value) => values[key] = value;

    internal bool TryAdd(string key, GgufValue value) => values.TryAdd(key, value);

    /// <summary>True when the key is there. Does not count as reading it.</summary>
    public bool Has(string key) => values.ContainsKey(key);

    /// <summary>The value of a key, or null.</summary>
    public GgufValue? Find(string key)
    {
        read.Add(key);
        return values.TryGetValue(key, out var value) ? value : null;
    }

    /// <summary>Marks keys as honoured without looking at them.</summary>
    public void Accept(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys) read.Add(key);
    }

    /// <summary>A whole number from <paramref name="min"/> to <paramref name="max"/>.</summary>
    public int Int(string key, int min = 0, int max = int.MaxValue) => IntOrNull(key, min, max) ?? throw Missing(key);

    /// <inheritdoc cref="Int"/>
    public int IntOr(string key, int fallback, int min = 0, int max = int.MaxValue) => IntOrNull(key, min, max) ?? fallback;

    /// <inheritdoc cref="Int"/>
    public int? IntOrNull(string key, int min = 0, int max = int.MaxValue)
    {
        if (Find(key) is not { } value) return null;
        if (Whole(value.Value) is not { } number || number < min || number > max)
            throw Bad(key, string.Create(CultureInfo.InvariantCulture,
                $"must be a whole number from {min} to {max}, not {Shown(value)}"));
        return (int)number;
    }

    /// <summary>A whole number, or an array of them (as keys that may differ by layer are stored); empty when absent.</summary>
    public IReadOnlyList<int> Ints(string key, int min = 0, int max = int.MaxValue)
    {
        if (Find(key) is not { } value) return [];
        if (value.Type != GgufValueType.Array) return [Int(key, min, max)];
        var numbers = new int[value.Count];
        for (int i = 0; i < numbers.Length; i++)
            numbers[i] = Whole(((Array)value.Value).GetValue(i)!) is { } number && number >= min && number <= max
                ? (int)number
                : throw Bad(key, string.Create(CultureInfo.InvariantCulture,
                    $"must hold whole numbers from {min} to {max}, element {i} is not one"));
        return numbers;
    }

    /// <summary>A finite number.</summary>
    public double Number(string key) => NumberOrNull(key) ?? throw Missing(key);

    /// <inheritdoc cref="Number"/>
    public double NumberOr(string key, double fallback) => NumberOrNull(key) ?? fallback;

    /// <inheritdoc cref="Number"/>
    public double? NumberOrNull(string key)
    {
        if (Find(key) is not { } value) return null;
        double? number = value.Value switch
        {
            float f => f,
            double d => d,
            var other => (double?)Whole(other),
        };
        return number is { } n && double.IsFinite(n) ? n : throw Bad(key, $"must be a finite number, not {Shown(value)}");
    }

    /// <summary>true or false.</summary>
    public bool? FlagOrNull(string key) => Find(key) switch
    {
        null => null,
        { Value: bool flag } => flag,
        { } other => throw Bad(key, $"must be true or false, not {Shown(other)}"),
    };

    /// <summary>A string.</summary>
    public string Text(string key) => TextOrNull(key) ?? throw Missing(key);

    /// <inheritdoc cref="Text"/>
    public string? TextOrNull(string key) => Find(key) switch
    {
        null => null,
        { Value: string text } => text,
        { } other => throw Bad(key, $"must be a string, not {Shown(other)}"),
    };

    /// <summary>An array of strings; null when absent.</summary>
    public IReadOnlyList<string>? TextsOrNull(string key) => Elements<string>(key);

    /// <summary>An array of Float32; null when absent.</summary>
    public IReadOnlyList<float>? FloatsOrNull(string key) => Elements<float>(key);

    /// <summary>An array of bytes, declared signed or not; null when absent.</summary>
    public byte[]? BytesOrNull(string key) => Elements<byte>(key);

    T[]? Elements<T>(string key) => Find(key) switch
    {
        null => null,
        { Value: T[] elements } => elements,
        { } other => throw Bad(key, $"must be an array of {typeof(T).Name}, not {Shown(other)}"),
    };

    /// <summary>A complaint about a key: "file: key X must be ...".</summary>
    public BadModelException Bad(string key, string what) => new($"{source}: {key} {what}.");

    BadModelException Missing(string key) => Bad(key, "is missing; the file is incomplete");

    static Int128? Whole(object value) => value switch
    {
        byte n => n,
        sbyte n => n,
        ushort n => n,
        short n => n,
        uint n => n,
        int n => n,
        ulong n => n,
        long n => n,
        _ => null,
    };

    static string Shown(GgufValue value) => value.Value switch
    {
        string or Array or GgufValue => $"a {value}",
        var plain => $"{value} {Convert.ToString(plain, CultureInfo.InvariantCulture)}",
    };
}

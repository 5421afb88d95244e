using System.Text.Json;
using System.Text.Unicode;

namespace Moesaic.Formats;

/// <summary>
/// The JSON header of a safetensors file: tensors in the order of their bytes, and the metadata strings.
/// </summary>
sealed class SafetensorsHeader
{
    const int MaxNameLength = 1000, MaxRank = 64;

    readonly string path;
    readonly long dataStart;
    readonly List<TensorInfo> tensors = [];
    readonly Dictionary<string, string> metadata = new(StringComparer.Ordinal);
    bool metadataSeen;

    SafetensorsHeader(string path, long dataStart)
    {
        this.path = path;
        this.dataStart = dataStart;
    }

    internal IReadOnlyList<TensorInfo> Tensors => tensors;

    internal IReadOnlyDictionary<string, string> Metadata => metadata;

    /// <param name="json">The header's bytes.</param>
    /// <param name="path">For messages and <see cref="TensorInfo.File"/>.</param>
    /// <param name="dataStart">Where the data begin in the file.</param>
    /// <param name="dataLength">Bytes after the header; the tensors must cover exactly these.</param>
    internal static SafetensorsHeader Parse(ReadOnlySpan<byte> json, string path, long dataStart, long dataLength)
    {
        var header = new SafetensorsHeader(path, dataStart);
        if (json.IsEmpty || json[0] != '{') throw header.Bad("the header does not begin with '{'");
        if (!Utf8.IsValid(json)) throw header.Bad("the header is not valid UTF-8");
        try
        {
            header.Read(json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: an escaped lone surrogate, which has no UTF-16 string.
            throw new BadModelException($"{path}: the safetensors header is not valid JSON: {e.Message}", e);
        }
        header.CheckCoverage(dataLength);
        return header;
    }

    void Read(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "__metadata__")
            {
                if (metadataSeen) throw Bad("__metadata__ occurs twice");
                metadataSeen = true;
                ReadMetadata(ref reader);
                continue;
            }
            if (name.Length is 0 or > MaxNameLength || name.Any(char.IsControl))
                throw Bad($"\"{Shown(name)}\" is not a usable tensor name");
            if (!seen.Add(name)) throw Bad($"tensor {name} occurs twice");
            tensors.Add(ReadTensor(ref reader, name));
        }
        if (reader.Read()) throw Bad("something follows the header's object");
    }

    void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad("__metadata__ is not an object");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String) throw Bad($"__metadata__ key {Shown(key)} is not a string");
            if (!metadata.TryAdd(key, reader.GetString()!)) throw Bad($"__metadata__ key {Shown(key)} occurs twice");
        }
    }

    TensorInfo ReadTensor(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad($"the entry of tensor {name} is not an object");
        string? type = null;
        long[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            switch (key)
            {
                case "dtype" when type is null && reader.TokenType == JsonTokenType.String:
                    type = reader.GetString()!;
                    break;
                case "shape" when shape is null:
                    shape = ReadNumbers(ref reader, name, key);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadNumbers(ref reader, name, key);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Bad($"tensor {name}: {key} occurs twice or has the wrong type");
                default:
                    throw Bad($"tensor {name}: unknown key \"{Shown(key)}\"");
            }
        }
        if (type is null || shape is null || offsets is null)
            throw Bad($"tensor {name} lacks dtype, shape or data_offsets");
        if (!TensorTypes.TryParse(type, out var parsed))
            throw Bad($"tensor {name} has data type {Shown(type)}, which is not supported (supported: "
                + $"{string.Join(", ", Enum.GetNames<TensorType>())}). "
                + "Convert the checkpoint to one of them, e.g. to BF16");
        if (offsets.Length != 2) throw Bad($"tensor {name}: data_offsets must be [begin, end]");
        return Checked(name, parsed, shape, offsets[0], offsets[1]);
    }

    long[] ReadNumbers(ref Utf8JsonReader reader, string name, string key)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Bad($"tensor {name}: {key} is not a list");
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
                throw Bad($"tensor {name}: {key} holds something that is not a whole number of 0 or more");
            if (numbers.Count == MaxRank) throw Bad($"tensor {name}: {key} has more than {MaxRank} numbers");
            numbers.Add(number);
        }
        return [.. numbers];
    }

    TensorInfo Checked(string name, TensorType type, long[] shape, long begin, long end)
    {
        if (end < begin) throw Bad($"tensor {name}: data_offsets [{begin}, {end}] run backwards");
        Int128 bytes = type.ByteSize();
        foreach (long d in shape)
        {
            bytes *= d;
            if (bytes > long.MaxValue)
                throw Bad($"tensor {name}: shape {TensorInfo.FormatShape(shape)} is larger than any file");
        }
        if (bytes != end - begin)
            throw Bad($"tensor {name}: {type} {TensorInfo.FormatShape(shape)} takes {bytes} bytes, "
                + $"data_offsets [{begin}, {end}] give {end - begin}");
        if (begin > long.MaxValue - dataStart)
            throw Bad($"tensor {name}: data_offsets [{begin}, {end}] lie outside the file");
        return new TensorInfo(name, type, shape, path, dataStart + begin, end - begin);
    }

    void CheckCoverage(long dataLength)
    {
        // Empty tensors sort before the tensor that begins at the same byte.
        tensors.Sort((a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset)
            : a.ByteLength != b.ByteLength ? a.ByteLength.CompareTo(b.ByteLength) : string.CompareOrdinal(a.Name, b.Name));
        long position = 0;
        TensorInfo? previous = null;
        foreach (var tensor in tensors)
        {
            long begin = tensor.Offset - dataStart;
            if (begin < position) throw Bad($"tensors {previous!.Name} and {tensor.Name} overlap");
            if (begin > position)
                throw Bad($"{begin - position} bytes before tensor {tensor.Name} belong to no tensor");
            if (tensor.ByteLength > dataLength - begin)
                throw Bad($"the file is truncated: tensor {tensor.Name} ends at byte "
                    + $"{(Int128)begin + tensor.ByteLength} of the data, the file holds {dataLength}");
            position = begin + tensor.ByteLength;
            previous = tensor;
        }
        if (position != dataLength) throw Bad($"{dataLength - position} bytes at the end belong to no tensor");
    }

    BadModelException Bad(string what) => new($"{path} is not a valid safetensors file: {what}.");

    static string Shown(string text) =>
        string.Concat(text.Take(80).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c))
        + (text.Length > 80 ? "..." : "");
}

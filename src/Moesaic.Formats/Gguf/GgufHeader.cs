using System.Numerics;

namespace Moesaic.Formats;

/// <summary>The head of a GGUF file: metadata, and tensors checked to lie within the file, aligned and apart.</summary>
sealed class GgufHeader
{
    internal const int MinimumBytes = 24, DefaultAlignment = 32;
    internal const string AlignmentKey = "general.alignment";

    const int MaxNameLength = 1000, MaxRank = 4, MaxAlignment = 1 << 20;

    readonly MappedFile map;
    readonly GgufCursor cursor;

    GgufHeader(MappedFile map, string path)
    {
        this.map = map;
        cursor = new GgufCursor(map, path);
        Metadata = new GgufMetadata(path);
    }

    internal int Version { get; private set; }

    internal GgufMetadata Metadata { get; }

    internal GgufTensorInfo[] Tensors { get; private set; } = [];

    internal static GgufHeader Read(MappedFile map, string path)
    {
        var header = new GgufHeader(map, path);
        header.Read();
        return header;
    }

    void Read()
    {
        if (cursor.Number<uint>("the magic number") != GgufFile.Magic) throw cursor.Bad("it does not begin with \"GGUF\"");
        Version = CheckedVersion(cursor.Number<uint>("the version"));
        int tensors = cursor.Count(leastBytes: 32, "the number of tensors");
        int keys = cursor.Count(leastBytes: 13, "the number of keys");
        for (int i = 0; i < keys; i++)
        {
            string key = Name($"key {i}");
            if (!Metadata.TryAdd(key, cursor.Value(key))) throw cursor.Bad($"the key {key} occurs twice");
        }
        int alignment = Metadata.IntOr(AlignmentKey, DefaultAlignment, min: 1, max: MaxAlignment);
        if (!BitOperations.IsPow2(alignment)) throw cursor.Bad($"{AlignmentKey} is {alignment}, not a power of two");
        ReadTensors(tensors, alignment);
    }

    int CheckedVersion(uint version) => version switch
    {
        2 or 3 => (int)version,
        1 => throw cursor.Bad("it has version 1 of the format, which is obsolete; convert the model anew"),
        _ when (version & 0xFFFF) == 0 => throw cursor.Bad("it is big-endian, which is not supported; convert it to little-endian first"),
        _ => throw cursor.Bad($"it has version {version} of the format; 2 and 3 are supported"),
    };

    string Name(string what)
    {
        string name = cursor.Text($"the name of {what}");
        return name.Length is > 0 and <= MaxNameLength && !name.Any(char.IsControl)
            ? name : throw cursor.Bad($"{what} has no usable name");
    }

    void ReadTensors(int count, int alignment)
    {
        var claims = new (string Name, GgufTensorType Type, long[] Shape, ulong Offset, Int128 Bytes)[count];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < count; i++)
        {
            string name = Name($"tensor {i}");
            if (!seen.Add(name)) throw cursor.Bad($"tensor {name} occurs twice");
            var shape = Shape(name);
            var type = Type(name, shape[^1]);
            claims[i] = (name, type, shape, cursor.Number<ulong>($"the offset of {name}"), Bytes(name, type, shape));
        }
        long data = (cursor.Position + alignment - 1) / alignment * alignment;
        Tensors = [.. claims.Select(c =>
        {
            if (c.Offset % (ulong)alignment != 0)
                throw cursor.Bad($"tensor {c.Name} begins at {c.Offset}, which is no multiple of the alignment {alignment}");
            if (data + (Int128)c.Offset + c.Bytes > map.Length)
                throw cursor.Bad($"the file is truncated: tensor {c.Name} ends at byte {data + (Int128)c.Offset + c.Bytes}, "
                    + $"the file has {map.Length}");
            return new GgufTensorInfo(c.Name, c.Type, c.Shape, data + (long)c.Offset, (long)c.Bytes);
        })];
        CheckApart();
    }

    long[] Shape(string name)
    {
        uint rank = cursor.Number<uint>($"the rank of {name}");
        if (rank is 0 or > MaxRank) throw cursor.Bad($"tensor {name} has {rank} dimensions; 1 to {MaxRank} are possible");
        var shape = new long[rank];
        for (int d = (int)rank - 1; d >= 0; d--)
        {
            ulong size = cursor.Number<ulong>($"the shape of {name}");
            shape[d] = size is > 0 and <= long.MaxValue ? (long)size : throw cursor.Bad($"tensor {name} has a dimension of {size}");
        }
        return shape;
    }

    GgufTensorType Type(string name, long columns)
    {
        int id = cursor.Number<int>($"the type of {name}");
        var type = GgufTensorType.Find(id) ?? throw cursor.Bad($"tensor {name} has the unknown type {id}");
        return columns % type.BlockLength == 0 ? type
            : throw cursor.Bad($"tensor {name} has rows of {columns}, no multiple of the {type.BlockLength} of a block of {type.Name}");
    }

    Int128 Bytes(string name, GgufTensorType type, long[] shape)
    {
        Int128 bytes = (Int128)(shape[^1] / type.BlockLength) * type.BlockBytes;
        foreach (long d in shape.AsSpan()[..^1])
        {
            bytes *= d;
            // A product of numbers below 2^63 each, checked after every one, stays within 128 bits.
            if (bytes > long.MaxValue) throw cursor.Bad($"tensor {name} {TensorInfo.FormatShape(shape)} is larger than any file");
        }
        return bytes <= long.MaxValue ? bytes : throw cursor.Bad($"tensor {name} {TensorInfo.FormatShape(shape)} is larger than any file");
    }

    void CheckApart()
    {
        GgufTensorInfo? before = null;
        foreach (var tensor in Tensors.OrderBy(t => t.Offset))
        {
            if (before is not null && tensor.Offset < before.Offset + before.ByteLength)
                throw cursor.Bad($"tensors {before.Name} and {tensor.Name} overlap");
            before = tensor;
        }
    }
}

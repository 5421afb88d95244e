using System.Runtime.InteropServices;
using System.Text;

namespace Moesaic.Formats;

/// <summary>Reads the head of a GGUF file value by value; nothing is allocated that the file does not have bytes for.</summary>
/// <param name="map">The file.</param>
/// <param name="path">For messages.</param>
sealed class GgufCursor(MappedFile map, string path)
{
    /// <summary>Arrays within arrays, at most.</summary>
    const int MaxDepth = 4;

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Where the next value begins.</summary>
    internal long Position { get; private set; }

    internal long Left => map.Length - Position;

    internal T Number<T>(string what) where T : unmanaged => MemoryMarshal.Read<T>(Take(Marshal.SizeOf<T>(), what));

    /// <summary>A count of things that take at least so many bytes each.</summary>
    internal int Count(int leastBytes, string what)
    {
        ulong count = Number<ulong>(what);
        if (count > (ulong)(Left / leastBytes))
            throw Bad($"{what}: {count} of at least {leastBytes} byte(s) each do not fit into the {Left} bytes that follow");
        return count <= (ulong)System.Array.MaxLength ? (int)count : throw Bad($"{what}: {count} are more than can be handled");
    }

    internal string Text(string what)
    {
        int length = Count(1, $"the length of {what}");
        try
        {
            return Strict.GetString(Take(length, what));
        }
        catch (DecoderFallbackException e)
        {
            throw new BadModelException($"{path} is not a valid GGUF file: {what} is not valid UTF-8.", e);
        }
    }

    internal GgufValue Value(string key)
    {
        var type = Type(key);
        return type == GgufValueType.Array ? Array(key, 1) : new GgufValue(type, null, Single(type, key));
    }

    GgufValueType Type(string key)
    {
        uint type = Number<uint>($"the type of {key}");
        return type <= (uint)GgufValueType.Float64
            ? (GgufValueType)type : throw Bad($"{key} has the unknown value type {type}");
    }

    object Single(GgufValueType type, string key) => type switch
    {
        GgufValueType.UInt8 => Number<byte>(key),
        GgufValueType.Int8 => Number<sbyte>(key),
        GgufValueType.UInt16 => Number<ushort>(key),
        GgufValueType.Int16 => Number<short>(key),
        GgufValueType.UInt32 => Number<uint>(key),
        GgufValueType.Int32 => Number<int>(key),
        GgufValueType.UInt64 => Number<ulong>(key),
        GgufValueType.Int64 => Number<long>(key),
        GgufValueType.Float32 => Number<float>(key),
        GgufValueType.Float64 => Number<double>(key),
        GgufValueType.Bool => Flag(Number<byte>(key), key),
        GgufValueType.String => Text(key),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a single value"),
    };

    GgufValue Array(string key, int depth)
    {
        if (depth > MaxDepth) throw Bad($"{key} nests arrays deeper than {MaxDepth}");
        var type = Type($"the elements of {key}");
        return new GgufValue(GgufValueType.Array, type, type switch
        {
            GgufValueType.UInt8 => Numbers<byte>(key),
            GgufValueType.Int8 => Numbers<sbyte>(key),
            GgufValueType.UInt16 => Numbers<ushort>(key),
            GgufValueType.Int16 => Numbers<short>(key),
            GgufValueType.UInt32 => Numbers<uint>(key),
            GgufValueType.Int32 => Numbers<int>(key),
            GgufValueType.UInt64 => Numbers<ulong>(key),
            GgufValueType.Int64 => Numbers<long>(key),
            GgufValueType.Float32 => Numbers<float>(key),
            GgufValueType.Float64 => Numbers<double>(key),
            GgufValueType.Bool => System.Array.ConvertAll(Numbers<byte>(key), b => Flag(b, key)),
            GgufValueType.String => Many(sizeof(ulong), i => Text($"element {i} of {key}")),
            _ => Many(sizeof(uint) + sizeof(ulong), _ => Array(key, depth + 1)),
        });

        T[] Many<T>(int leastBytes, Func<int, T> next)
        {
            var elements = new T[Count(leastBytes, $"the length of {key}")];
            for (int i = 0; i < elements.Length; i++) elements[i] = next(i);
            return elements;
        }
    }

    T[] Numbers<T>(string key) where T : unmanaged
    {
        var numbers = new T[Count(Marshal.SizeOf<T>(), $"the length of {key}")];
        // In pieces: the bytes may be more than one span holds.
        const int Piece = 1 << 20;
        for (int done = 0; done < numbers.Length; done += Piece)
        {
            var piece = MemoryMarshal.AsBytes(numbers.AsSpan(done, Math.Min(Piece, numbers.Length - done)));
            Take(piece.Length, key).CopyTo(piece);
        }
        return numbers;
    }

    bool Flag(byte value, string key) => value <= 1 ? value == 1 : throw Bad($"{key} is a flag with the value {value}");

    ReadOnlySpan<byte> Take(int count, string what)
    {
        if (count > Left) throw Bad($"the file ends within {what}");
        var bytes = map.Bytes(Position, count);
        Position += count;
        return bytes;
    }

    internal BadModelException Bad(string what) => new($"{path} is not a valid GGUF file: {what}.");
}

namespace Moesaic.Formats;

/// <summary>A metadata value with its type: a number, a flag, a text, or an array of one of these.</summary>
public sealed class GgufValue
{
    internal GgufValue(GgufValueType type, GgufValueType? elementType, object value)
    {
        Type = type;
        ElementType = elementType;
        Value = value;
    }

    /// <summary>What it is in the file.</summary>
    public GgufValueType Type { get; }

    /// <summary>Of an array, what it holds; null otherwise.</summary>
    public GgufValueType? ElementType { get; }

    /// <summary>
    /// The value as the .NET type of the same name (<see cref="uint"/> for UInt32); an array as a .NET array of these, of
    /// <see cref="GgufValue"/> when it holds arrays.
    /// </summary>
    public object Value { get; }

    /// <summary>Elements of an array; 1 for anything else.</summary>
    public int Count => Value is Array array ? array.Length : 1;

    /// <summary>UInt32, the type the format's own keys have for counts, widths and ids.</summary>
    public static GgufValue Of(uint value) => new(GgufValueType.UInt32, null, value);

    /// <summary>Int32.</summary>
    public static GgufValue Of(int value) => new(GgufValueType.Int32, null, value);

    /// <summary>Float32.</summary>
    public static GgufValue Of(float value) => new(GgufValueType.Float32, null, value);

    /// <summary>Bool.</summary>
    public static GgufValue Of(bool value) => new(GgufValueType.Bool, null, value);

    /// <summary>String.</summary>
    public static GgufValue Of(string value) => new(GgufValueType.String, null, value);

    /// <summary>An array of String; taken over, not copied.</summary>
    public static GgufValue Of(string[] values) => new(GgufValueType.Array, GgufValueType.String, values);

    /// <summary>An array of Float32; taken over, not copied.</summary>
    public static GgufValue Of(float[] values) => new(GgufValueType.Array, GgufValueType.Float32, values);

    /// <summary>An array of Int32; taken over, not copied.</summary>
    public static GgufValue Of(int[] values) => new(GgufValueType.Array, GgufValueType.Int32, values);

    /// <summary>An array of UInt8; taken over, not copied.</summary>
    public static GgufValue Of(byte[] values) => new(GgufValueType.Array, GgufValueType.UInt8, values);

    /// <summary>For messages: the type, "Array of String".</summary>
    public override string ToString() => ElementType is { } element ? $"Array of {element}" : Type.ToString();
}

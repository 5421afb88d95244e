namespace Moesaic.Formats;

/// <summary>The type of a metadata value; the numbers are those of the file.</summary>
public enum GgufValueType
{
    /// <summary>Unsigned, 8 bits.</summary>
    UInt8 = 0,
    /// <summary>Signed, 8 bits.</summary>
    Int8 = 1,
    /// <summary>Unsigned, 16 bits.</summary>
    UInt16 = 2,
    /// <summary>Signed, 16 bits.</summary>
    Int16 = 3,
    /// <summary>Unsigned, 32 bits.</summary>
    UInt32 = 4,
    /// <summary>Signed, 32 bits.</summary>
    Int32 = 5,
    /// <summary>IEEE 754 binary32.</summary>
    Float32 = 6,
    /// <summary>One byte, 0 or 1.</summary>
    Bool = 7,
    /// <summary>UTF-8 with its length before it.</summary>
    String = 8,
    /// <summary>Values of one type, which may be arrays again.</summary>
    Array = 9,
    /// <summary>Unsigned, 64 bits.</summary>
    UInt64 = 10,
    /// <summary>Signed, 64 bits.</summary>
    Int64 = 11,
    /// <summary>IEEE 754 binary64.</summary>
    Float64 = 12,
}

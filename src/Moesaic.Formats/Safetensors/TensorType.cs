namespace Moesaic.Formats;

/// <summary>How an element of a stored tensor is encoded; little-endian. The names are those of safetensors.</summary>
public enum TensorType
{
    /// <summary>IEEE 754 binary64.</summary>
    F64,
    /// <summary>IEEE 754 binary32.</summary>
    F32,
    /// <summary>IEEE 754 binary16.</summary>
    F16,
    /// <summary>bfloat16: the upper half of a binary32.</summary>
    BF16,
    /// <summary>Signed, 64 bits.</summary>
    I64,
    /// <summary>Signed, 32 bits.</summary>
    I32,
    /// <summary>Signed, 8 bits.</summary>
    I8,
    /// <summary>Unsigned, 8 bits.</summary>
    U8,
}

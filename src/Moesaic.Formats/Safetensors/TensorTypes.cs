namespace Moesaic.Formats;

/// <summary>Facts about <see cref="TensorType"/>.</summary>
public static class TensorTypes
{
    static readonly string[] Known = Enum.GetNames<TensorType>();

    /// <summary>Bytes of one element.</summary>
    public static int ByteSize(this TensorType type) => type switch
    {
        TensorType.F64 or TensorType.I64 => 8,
        TensorType.F32 or TensorType.I32 => 4,
        TensorType.F16 or TensorType.BF16 => 2,
        TensorType.I8 or TensorType.U8 => 1,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a tensor type"),
    };

    /// <summary>True for the types a weight can be read from as float32.</summary>
    public static bool IsFloat(this TensorType type) =>
        type is TensorType.F64 or TensorType.F32 or TensorType.F16 or TensorType.BF16;

    /// <summary>
    /// The safetensors name, case-sensitive; false for those not supported (F8_E4M3, BOOL, U16, ...).
    /// </summary>
    public static bool TryParse(string name, out TensorType type)
    {
        int index = Array.IndexOf(Known, name);
        type = index < 0 ? default : Enum.GetValues<TensorType>()[index];
        return index >= 0;
    }

    /// <summary>The name config.json uses ("float32", "bfloat16", ...); integers are "int8" and so on.</summary>
    public static string ConfigName(this TensorType type) => type switch
    {
        TensorType.F64 => "float64",
        TensorType.F32 => "float32",
        TensorType.F16 => "float16",
        TensorType.BF16 => "bfloat16",
        TensorType.I64 => "int64",
        TensorType.I32 => "int32",
        TensorType.I8 => "int8",
        TensorType.U8 => "uint8",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "not a tensor type"),
    };
}

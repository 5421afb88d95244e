using System.Globalization;

namespace Moesaic.Formats;

/// <summary>
/// What a file says about one tensor and where its bytes lie. Checked against the file when that was opened.
/// </summary>
public sealed class TensorInfo
{
    readonly long[] shape;

    internal TensorInfo(string name, TensorType type, long[] shape, string file, long offset, long byteLength)
    {
        Name = name;
        Type = type;
        this.shape = shape;
        File = file;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>The name in the file, e.g. <c>model.layers.0.mlp.up_proj.weight</c>.</summary>
    public string Name { get; }

    /// <summary>The stored element type.</summary>
    public TensorType Type { get; }

    /// <summary>Dimensions, outermost first; empty for a scalar.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>The product of <see cref="Shape"/>; 1 for a scalar.</summary>
    public long ElementCount => ByteLength / Type.ByteSize();

    /// <summary>Stored bytes.</summary>
    public long ByteLength { get; }

    /// <summary>The full path of the file that holds it.</summary>
    public string File { get; }

    /// <summary>Where its first byte lies, counted from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>For messages: <c>name F32 [32000, 288]</c>.</summary>
    public override string ToString() => $"{Name} {Type} {FormatShape(shape)}";

    /// <summary>For messages: <c>[32000, 288]</c>.</summary>
    internal static string FormatShape(ReadOnlySpan<long> shape) =>
        "[" + string.Join(", ", shape.ToArray().Select(d => d.ToString(CultureInfo.InvariantCulture))) + "]";

    /// <summary>The multi-dimensional index of a flat one, for messages.</summary>
    internal string FormatIndex(long flat)
    {
        var index = new long[shape.Length];
        for (int d = shape.Length - 1; d >= 0; d--) (flat, index[d]) = Math.DivRem(flat, shape[d]);
        return FormatShape(index);
    }
}

namespace Moesaic.Formats;

/// <summary>What a GGUF file says about one tensor and where its bytes lie. Checked against the file when that was opened.</summary>
public sealed class GgufTensorInfo
{
    readonly long[] shape;

    internal GgufTensorInfo(string name, GgufTensorType type, long[] shape, long offset, long byteLength)
    {
        Name = name;
        Type = type;
        this.shape = shape;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>The name in the file, e.g. <c>blk.0.ffn_up.weight</c>.</summary>
    public string Name { get; }

    /// <summary>How rows are stored.</summary>
    public GgufTensorType Type { get; }

    /// <summary>Dimensions, outermost first (the file has them innermost first).</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>Elements of a row: the innermost dimension.</summary>
    public long Columns => shape[^1];

    /// <summary>Rows: the product of all other dimensions.</summary>
    public long Rows => ByteLength / RowBytes;

    /// <summary>Bytes of a row.</summary>
    public long RowBytes => Type.RowBytes(Columns);

    /// <summary>Stored bytes, without the padding behind them.</summary>
    public long ByteLength { get; }

    /// <summary>Where its first byte lies, counted from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>For messages: <c>name Q4_K [32000, 288]</c>.</summary>
    public override string ToString() => $"{Name} {Type.Name} {TensorInfo.FormatShape(shape)}";
}

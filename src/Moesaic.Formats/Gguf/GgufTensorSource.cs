namespace Moesaic.Formats;

/// <summary>
/// A tensor to be written into a GGUF file: what it is, and a callback that delivers its bytes when its turn comes, so that
/// one tensor is in memory at a time.
/// </summary>
/// <param name="name">The name in the file; at most 63 bytes, which is what other readers take.</param>
/// <param name="type">How rows are stored.</param>
/// <param name="shape">Dimensions, outermost first; 1 to 4.</param>
/// <param name="deliver">Called once, on the writing thread; must write exactly all bytes, rows in row-major order.</param>
public sealed class GgufTensorSource(string name, GgufTensorType type, ReadOnlySpan<long> shape, Action<GgufTensorSink> deliver)
{
    readonly long[] shape = shape.ToArray();

    /// <summary>The name in the file.</summary>
    public string Name => name;

    /// <summary>How rows are stored.</summary>
    public GgufTensorType Type => type;

    /// <summary>Dimensions, outermost first.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>Bytes it will take, without padding.</summary>
    public long ByteLength { get; } = CountBytes(name, type, shape);

    internal void WriteTo(GgufTensorSink sink) => deliver(sink);

    static long CountBytes(string name, GgufTensorType type, ReadOnlySpan<long> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (System.Text.Encoding.UTF8.GetByteCount(name) > 63)
            throw new ArgumentException($"the name {name} is longer than 63 bytes", nameof(name));
        if (shape.Length is 0 or > 4) throw new ArgumentException($"{name}: {shape.Length} dimensions, 1 to 4 are possible", nameof(shape));
        long bytes = type.RowBytes(shape[^1]);
        foreach (long d in shape)
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(d, nameof(shape));
        foreach (long d in shape[..^1]) bytes = checked(bytes * d);
        return bytes;
    }
}

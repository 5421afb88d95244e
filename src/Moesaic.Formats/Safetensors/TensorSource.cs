namespace Moesaic.Formats;

/// <summary>
/// A tensor to be written: what it is, and a callback that delivers its elements when its turn comes, so that one tensor
/// is in memory at a time.
/// </summary>
/// <param name="name">The name in the file.</param>
/// <param name="type">How its elements are stored.</param>
/// <param name="shape">Dimensions, outermost first.</param>
/// <param name="deliver">Called once, on the writing thread; must write exactly all elements in row-major order.</param>
public sealed class TensorSource(string name, TensorType type, ReadOnlySpan<long> shape, Action<TensorSink> deliver)
{
    readonly long[] shape = shape.ToArray();

    /// <summary>The name in the file.</summary>
    public string Name => name;

    /// <summary>How its elements are stored.</summary>
    public TensorType Type => type;

    /// <summary>Dimensions, outermost first.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>Bytes it will take.</summary>
    public long ByteLength { get; } = CountBytes(name, type, shape);

    internal void WriteTo(TensorSink sink) => deliver(sink);

    /// <summary>
    /// The bytes of a mapped tensor as they are, whatever their type; the store must live until they are written.
    /// </summary>
    /// <param name="store">Where it comes from.</param>
    /// <param name="name">Its name there.</param>
    /// <param name="newName">Its name in the new file; null keeps the old one.</param>
    public static TensorSource Copy(TensorStore store, string name, string? newName = null)
    {
        var info = store.Info(name);
        return new TensorSource(newName ?? name, info.Type, info.Shape, sink =>
        {
            const int Piece = 1 << 24;
            for (long done = 0; done < info.ByteLength; done += Piece)
                sink.WriteBytes(store.Bytes(name, done, (int)Math.Min(Piece, info.ByteLength - done)));
        });
    }

    /// <summary>float32 values computed when asked for, stored as <paramref name="type"/>.</summary>
    public static TensorSource FromFloats(
        string name, TensorType type, ReadOnlySpan<long> shape, Func<ReadOnlyMemory<float>> values)
    {
        if (!type.IsFloat()) throw new ArgumentException($"{type} is not a floating point type", nameof(type));
        return new TensorSource(name, type, shape, sink => sink.WriteFloats(values().Span));
    }

    static long CountBytes(string name, TensorType type, ReadOnlySpan<long> shape)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        long bytes = type.ByteSize();
        foreach (long d in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(d, nameof(shape));
            bytes = checked(bytes * d);
        }
        return bytes;
    }
}

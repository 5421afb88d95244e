namespace Moesaic.Formats;

/// <summary>Takes the bytes of one tensor, in order and in pieces of any size.</summary>
public sealed class GgufTensorSink
{
    readonly GgufTensorSource tensor;
    readonly Stream stream;
    readonly Action<long>? progress;
    readonly CancellationToken cancellation;
    long written;

    internal GgufTensorSink(GgufTensorSource tensor, Stream stream, Action<long>? progress, CancellationToken cancellation)
    {
        this.tensor = tensor;
        this.stream = stream;
        this.progress = progress;
        this.cancellation = cancellation;
    }

    /// <summary>Appends bytes in the tensor's stored type.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        cancellation.ThrowIfCancellationRequested();
        if (bytes.Length > tensor.ByteLength - written)
            throw new InvalidOperationException($"more than {tensor.ByteLength} bytes were delivered for tensor {tensor.Name}");
        stream.Write(bytes);
        written += bytes.Length;
        progress?.Invoke(bytes.Length);
    }

    internal void Complete()
    {
        if (written != tensor.ByteLength)
            throw new InvalidOperationException($"{written} of {tensor.ByteLength} bytes were delivered for tensor {tensor.Name}");
    }
}

using System.Buffers;
using System.Globalization;

namespace Moesaic.Formats;

/// <summary>Takes the elements of one tensor, in row-major order and in pieces of any size.</summary>
public sealed class TensorSink
{
    const int PieceElements = 1 << 16;

    readonly TensorSource tensor;
    readonly Stream stream;
    readonly CancellationToken cancellation;

    internal TensorSink(TensorSource tensor, Stream stream, CancellationToken cancellation)
    {
        this.tensor = tensor;
        this.stream = stream;
        this.cancellation = cancellation;
    }

    /// <summary>Bytes taken so far.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Bytes already in the tensor's stored type.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes)
    {
        cancellation.ThrowIfCancellationRequested();
        if (bytes.Length > tensor.ByteLength - BytesWritten)
            throw new InvalidOperationException($"more than {tensor.ByteLength} bytes were delivered for "
                + $"tensor {tensor.Name}");
        stream.Write(bytes);
        BytesWritten += bytes.Length;
    }

    /// <summary>float32 values, converted to the tensor's type by rounding to nearest, ties to even.</summary>
    /// <exception cref="BadModelException">A value is NaN or infinite, or would be in the stored type.</exception>
    public void WriteFloats(ReadOnlySpan<float> values)
    {
        int size = tensor.Type.ByteSize();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceElements * size);
        try
        {
            for (int done = 0; done < values.Length; done += PieceElements)
            {
                var piece = values[done..Math.Min(done + PieceElements, values.Length)];
                CheckFits(piece);
                var bytes = buffer.AsSpan(0, piece.Length * size);
                TensorEncoder.FromSingle(piece, tensor.Type, bytes);
                WriteBytes(bytes);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal void Complete()
    {
        if (BytesWritten != tensor.ByteLength)
            throw new InvalidOperationException($"{BytesWritten} of {tensor.ByteLength} bytes were delivered "
                + $"for tensor {tensor.Name}");
    }

    void CheckFits(ReadOnlySpan<float> values)
    {
        int bad = TensorEncoder.FirstUnfit(values, tensor.Type);
        if (bad < 0) return;
        long element = BytesWritten / tensor.Type.ByteSize() + bad;
        throw new BadModelException(string.Create(CultureInfo.InvariantCulture,
            $"Tensor {tensor.Name} cannot be stored as {tensor.Type}: element {element} is {values[bad]}."));
    }
}

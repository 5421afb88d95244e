using System.Runtime.InteropServices;
using System.Text;

namespace Moesaic.Formats;

/// <summary>
/// Writes a GGUF file, version 3, little-endian, tensors aligned to 32 bytes and in the order given. The bytes depend on
/// metadata and tensors alone.
/// </summary>
public static class GgufWriter
{
    const int Alignment = GgufHeader.DefaultAlignment;

    /// <summary>Writes the file at once or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file; an old one is replaced.</param>
    /// <param name="metadata">Written as it is; must not set general.alignment.</param>
    /// <param name="tensors">Delivered one after another.</param>
    /// <param name="progress">Told the bytes of tensors as they are written, piece by piece; null for nobody.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    /// <exception cref="BadRequestException">The file cannot be written or does not fit the disk.</exception>
    public static void Write(string path, GgufMetadata metadata, IReadOnlyList<GgufTensorSource> tensors,
        Action<long>? progress = null, CancellationToken cancellation = default)
    {
        if (metadata.Has(GgufHeader.AlignmentKey))
            throw new ArgumentException($"{GgufHeader.AlignmentKey} is the writer's affair", nameof(metadata));
        byte[] head = Head(metadata, tensors);
        path = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(path)!;
        OutputErrors.Explain(path, () => Directory.CreateDirectory(folder));
        DiskSpace.Require(folder, head.Length + tensors.Sum(t => Padded(t.ByteLength)), path);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(head);
            foreach (var tensor in tensors)
            {
                cancellation.ThrowIfCancellationRequested();
                var sink = new GgufTensorSink(tensor, stream, progress, cancellation);
                tensor.WriteTo(sink);
                sink.Complete();
                Pad(stream, tensor.ByteLength);
            }
        });
    }

    /// <summary>Bytes of the whole file.</summary>
    public static long FileBytes(GgufMetadata metadata, IReadOnlyList<GgufTensorSource> tensors) =>
        Head(metadata, tensors).Length + tensors.Sum(t => Padded(t.ByteLength));

    static byte[] Head(GgufMetadata metadata, IReadOnlyList<GgufTensorSource> tensors)
    {
        using var stream = new MemoryStream();
        Number(stream, GgufFile.Magic);
        Number(stream, 3u);
        Number(stream, (ulong)tensors.Count);
        Number(stream, (ulong)metadata.Count);
        foreach (var (key, value) in metadata.Entries)
        {
            Text(stream, key);
            Number(stream, (uint)value.Type);
            Value(stream, value);
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        long offset = 0;
        foreach (var tensor in tensors)
        {
            if (!seen.Add(tensor.Name)) throw new ArgumentException($"tensor {tensor.Name} is given twice", nameof(tensors));
            Text(stream, tensor.Name);
            Number(stream, (uint)tensor.Shape.Length);
            for (int d = tensor.Shape.Length - 1; d >= 0; d--) Number(stream, (ulong)tensor.Shape[d]);
            Number(stream, tensor.Type.Id);
            Number(stream, (ulong)offset);
            offset = checked(offset + Padded(tensor.ByteLength));
        }
        Pad(stream, stream.Length);
        return stream.ToArray();
    }

    static void Value(Stream stream, GgufValue value)
    {
        switch (value.Value)
        {
            case string text: Text(stream, text); break;
            case bool flag: Number(stream, (byte)(flag ? 1 : 0)); break;
            case byte n: Number(stream, n); break;
            case sbyte n: Number(stream, n); break;
            case ushort n: Number(stream, n); break;
            case short n: Number(stream, n); break;
            case uint n: Number(stream, n); break;
            case int n: Number(stream, n); break;
            case ulong n: Number(stream, n); break;
            case long n: Number(stream, n); break;
            case float n: Number(stream, n); break;
            case double n: Number(stream, n); break;
            case Array elements: Elements(stream, value.ElementType!.Value, elements); break;
            default: throw new ArgumentException($"{value.Value.GetType()} is not a metadata value", nameof(value));
        }
    }

    static void Elements(Stream stream, GgufValueType type, Array elements)
    {
        Number(stream, (uint)type);
        Number(stream, (ulong)elements.Length);
        foreach (object element in elements) Value(stream, element as GgufValue ?? new GgufValue(type, null, element));
    }

    static void Text(Stream stream, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        Number(stream, (ulong)bytes.Length);
        stream.Write(bytes);
    }

    static void Number<T>(Stream stream, T number) where T : unmanaged =>
        stream.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in number)));

    static long Padded(long bytes) => checked(bytes + Alignment - 1) / Alignment * Alignment;

    static void Pad(Stream stream, long bytes)
    {
        Span<byte> zeros = stackalloc byte[Alignment];
        zeros.Clear();
        stream.Write(zeros[..(int)(Padded(bytes) - bytes)]);
    }
}

using System.Buffers;
using System.Buffers.Binary;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Moesaic.Formats;

/// <summary>
/// Writes one safetensors file. The bytes depend on the tensors and their order alone: those of wider elements first, so
/// that each is aligned to its element size, otherwise as given; the header is padded with spaces to 8 bytes.
/// </summary>
public static class SafetensorsWriter
{
    /// <summary>Writes the file at once or not at all (<see cref="AtomicFile"/>).</summary>
    /// <param name="path">The file; an old one is replaced.</param>
    /// <param name="tensors">Delivered one after another.</param>
    /// <param name="metadata">For <c>__metadata__</c>; <c>format: pt</c>, which transformers demands, is added.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    public static void Write(string path, IEnumerable<TensorSource> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata = null, CancellationToken cancellation = default) =>
        AtomicFile.Write(path, stream => Write(stream, [.. tensors], metadata, progress: null, cancellation));

    internal static void Write(Stream stream, IReadOnlyList<TensorSource> tensors,
        IEnumerable<KeyValuePair<string, string>>? metadata, Action<long>? progress, CancellationToken cancellation)
    {
        var ordered = tensors.OrderByDescending(t => t.Type.ByteSize()).ToList();
        byte[] header = Header(ordered, metadata ?? []);
        Span<byte> prefix = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, header.Length);
        stream.Write(prefix);
        stream.Write(header);
        foreach (var tensor in ordered)
        {
            cancellation.ThrowIfCancellationRequested();
            var sink = new TensorSink(tensor, stream, cancellation);
            tensor.WriteTo(sink);
            sink.Complete();
            progress?.Invoke(tensor.ByteLength);
        }
    }

    static byte[] Header(List<TensorSource> tensors, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                if (key != "format") json.WriteString(key, value);
            json.WriteEndObject();
            var seen = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
            long position = 0;
            foreach (var tensor in tensors)
            {
                if (!seen.Add(tensor.Name))
                    throw new ArgumentException($"tensor {tensor.Name} is given twice", nameof(tensors));
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type.ToString());
                json.WriteStartArray("shape");
                foreach (long d in tensor.Shape) json.WriteNumberValue(d);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(position);
                json.WriteNumberValue(position += tensor.ByteLength);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        int padded = (buffer.WrittenCount + 7) / 8 * 8;
        if (padded > SafetensorsFile.MaxHeaderBytes)
            throw new ArgumentException("too many tensors for one file", nameof(tensors));
        return [.. buffer.WrittenSpan, .. Enumerable.Repeat((byte)' ', padded - buffer.WrittenCount)];
    }
}

using System.Text;

namespace Moesaic.Formats.Tests;

/// <summary>GGUF bytes made by hand, true or lying.</summary>
sealed class RawGguf
{
    readonly MemoryStream keys = new(), tensors = new();

    public uint Magic { get; init; } = 0x46554747;

    public uint Version { get; init; } = 3;

    public ulong KeyCount { get; set; }

    public ulong TensorCount { get; set; }

    public int DataLength { get; init; }

    public int Alignment { get; init; } = 32;

    public RawGguf Key(string name, uint type, params object[] parts)
    {
        Put(keys, [name, type, .. parts]);
        KeyCount++;
        return this;
    }

    /// <param name="name">Its name.</param>
    /// <param name="type">ggml_type.</param>
    /// <param name="offset">Into the data.</param>
    /// <param name="shape">Innermost first, as the file has it.</param>
    public RawGguf Tensor(string name, int type, ulong offset, params ulong[] shape)
    {
        Put(tensors, [name, (uint)shape.Length, .. shape.Cast<object>(), type, offset]);
        TensorCount++;
        return this;
    }

    public byte[] Bytes()
    {
        using var all = new MemoryStream();
        Put(all, [Magic, Version, TensorCount, KeyCount]);
        all.Write(keys.ToArray());
        all.Write(tensors.ToArray());
        all.SetLength((all.Length + Alignment - 1) / Alignment * Alignment + DataLength);
        return all.ToArray();
    }

    static void Put(Stream stream, IEnumerable<object> parts)
    {
        using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
        foreach (var part in parts)
        {
            switch (part)
            {
                case string text:
                    writer.Write((ulong)Encoding.UTF8.GetByteCount(text));
                    writer.Write(Encoding.UTF8.GetBytes(text));
                    break;
                case byte[] raw: writer.Write(raw); break;
                case byte n: writer.Write(n); break;
                case ushort n: writer.Write(n); break;
                case uint n: writer.Write(n); break;
                case int n: writer.Write(n); break;
                case ulong n: writer.Write(n); break;
                case float n: writer.Write(n); break;
                default: throw new ArgumentException($"no bytes for {part.GetType()}", nameof(parts));
            }
        }
    }
}

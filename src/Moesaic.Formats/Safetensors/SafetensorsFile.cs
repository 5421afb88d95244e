using System.Buffers.Binary;

namespace Moesaic.Formats;

/// <summary>
/// One safetensors file, mapped: an 8-byte little-endian header length, a JSON header, then the tensors' bytes without gap.
/// Opening checks everything the header claims; no data is read until asked for. Reading from several threads is safe.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    /// <summary>The longest header accepted, in bytes; the limit of the reference implementation.</summary>
    public const long MaxHeaderBytes = 100_000_000;

    const int PrefixBytes = 8;

    readonly MappedFile map;
    readonly Dictionary<string, TensorInfo> byName;

    SafetensorsFile(string path, MappedFile map, SafetensorsHeader header)
    {
        Path = path;
        this.map = map;
        Tensors = header.Tensors;
        Metadata = header.Metadata;
        byName = header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>All tensors in the order of their bytes.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The strings under <c>__metadata__</c>; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Maps a file and checks its header.</summary>
    /// <exception cref="BadModelException">Missing, truncated, or the header is not true of the file.</exception>
    public static SafetensorsFile Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        var map = MappedFile.Open(path, PrefixBytes, "safetensors");
        try
        {
            ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(map.Bytes(0, PrefixBytes));
            if (headerLength > MaxHeaderBytes)
                throw new BadModelException($"{path} is not a safetensors file: its header claims "
                    + $"{headerLength} bytes, the limit is {MaxHeaderBytes}.");
            if ((long)headerLength > map.Length - PrefixBytes)
                throw new BadModelException($"{path} is truncated: its header claims {headerLength} bytes, "
                    + $"the file holds {map.Length - PrefixBytes} after the length.");
            long dataStart = PrefixBytes + (long)headerLength;
            var json = map.Bytes(PrefixBytes, (int)headerLength);
            var header = SafetensorsHeader.Parse(json, path, dataStart, map.Length - dataStart);
            return new SafetensorsFile(path, map, header);
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of that name, or null.</summary>
    public TensorInfo? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>
    /// Bytes of a tensor of this file, straight from the map: valid until <see cref="Dispose"/>. Their address need not be
    /// a multiple of the element size.
    /// </summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="offset">First byte, counted from the tensor's start.</param>
    /// <param name="length">Bytes; a tensor of more than 2 GiB is read in slices.</param>
    public ReadOnlySpan<byte> Bytes(TensorInfo tensor, long offset, int length)
    {
        if (!byName.TryGetValue(tensor.Name, out var own) || !ReferenceEquals(own, tensor))
            throw new ArgumentException($"{tensor.Name} is not a tensor of {Path}", nameof(tensor));
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.ByteLength - length);
        return map.Bytes(tensor.Offset + offset, length);
    }

    /// <summary>Lets the pages of a tensor leave the process until they are touched again.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    public void Release(TensorInfo tensor) => map.Release(tensor.Offset, tensor.ByteLength);

    /// <summary>Unmaps the file; spans handed out before must not be used any more.</summary>
    public void Dispose() => map.Dispose();
}

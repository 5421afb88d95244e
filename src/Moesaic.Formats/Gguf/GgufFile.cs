using System.Runtime.InteropServices;

namespace Moesaic.Formats;

/// <summary>
/// A GGUF file (versions 2 and 3, little-endian), mapped: metadata, a table of tensors, then their bytes. Opening checks
/// everything the head claims; no tensor is read until asked for. Reading from several threads is safe.
/// </summary>
public sealed class GgufFile : IDisposable
{
    /// <summary>"GGUF" as the file's first four bytes, read little-endian.</summary>
    internal const uint Magic = 0x46554747;

    readonly MappedFile map;
    readonly Dictionary<string, GgufTensorInfo> byName;

    GgufFile(string path, MappedFile map, GgufHeader header)
    {
        Path = path;
        this.map = map;
        Version = header.Version;
        Metadata = header.Metadata;
        Tensors = header.Tensors;
        byName = header.Tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>The version of the format, 2 or 3.</summary>
    public int Version { get; }

    /// <summary>Keys and values.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>All tensors in the order of the table.</summary>
    public IReadOnlyList<GgufTensorInfo> Tensors { get; }

    /// <summary>Whether a path is a file that begins as GGUF files do, or is called one; false for a folder.</summary>
    public static bool Is(string path)
    {
        if (!File.Exists(path)) return false;
        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)) return true;
        return InputErrors.Explain(path, () =>
        {
            if (InputErrors.Target(path).Length < sizeof(uint)) return false;
            using var stream = File.OpenRead(path);
            Span<byte> start = stackalloc byte[sizeof(uint)];
            return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length
                && MemoryMarshal.Read<uint>(start) == Magic;
        });
    }

    /// <summary>Maps a file and checks its head.</summary>
    /// <exception cref="BadModelException">Missing, truncated, split, big-endian, or the head is not true of the file.</exception>
    public static GgufFile Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        var map = MappedFile.Open(path, GgufHeader.MinimumBytes, "GGUF");
        try
        {
            return new GgufFile(path, map, GgufHeader.Read(map, path));
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    /// <summary>The tensor of that name, or null.</summary>
    public GgufTensorInfo? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>Bytes of a tensor, straight from the map: valid until <see cref="Dispose"/>.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="offset">First byte, counted from the tensor's start.</param>
    /// <param name="length">Number of bytes; a tensor of more than 2 GiB is read in slices.</param>
    public ReadOnlySpan<byte> Bytes(GgufTensorInfo tensor, long offset, int length)
    {
        if (!ReferenceEquals(Find(tensor.Name), tensor))
            throw new ArgumentException($"{tensor.Name} is not a tensor of {Path}", nameof(tensor));
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.ByteLength - length);
        return map.Bytes(tensor.Offset + offset, length);
    }

    /// <summary>Lets the pages of part of a tensor leave the process until they are touched again.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="offset">First byte, counted from the tensor's start.</param>
    /// <param name="length">Number of bytes.</param>
    public void Release(GgufTensorInfo tensor, long offset, long length) => map.Release(tensor.Offset + offset, length);

    /// <summary>Unmaps the file; spans handed out before must not be used any more.</summary>
    public void Dispose() => map.Dispose();
}

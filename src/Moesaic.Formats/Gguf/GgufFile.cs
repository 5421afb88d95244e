using System.Runtime.InteropServices;

namespace Moesaic.Formats;

/// <summary>
/// A GGUF file (versions 2 and 3, little-endian), mapped: metadata, a table of tensors, then their bytes. Of a model split into
/// several files it is all of them, opened by the first, whose metadata counts. Opening checks everything the heads claim; no
/// tensor is read until asked for. Reading from several threads is safe.
/// </summary>
public sealed class GgufFile : IDisposable
{
    /// <summary>"GGUF" as the file's first four bytes, read little-endian.</summary>
    internal const uint Magic = 0x46554747;

    readonly IReadOnlyList<GgufPart> parts;
    readonly Dictionary<string, (GgufTensorInfo Tensor, MappedFile Map)> byName;

    GgufFile(IReadOnlyList<GgufPart> parts)
    {
        this.parts = parts;
        (Path, var header) = (parts[0].Path, parts[0].Header);
        Version = header.Version;
        Metadata = header.Metadata;
        Tensors = [.. parts.SelectMany(p => p.Header.Tensors)];
        byName = parts.SelectMany(p => p.Header.Tensors.Select(t => (Tensor: t, p.Map))).ToDictionary(t => t.Tensor.Name, StringComparer.Ordinal);
    }

    /// <summary>The full path, of the first file when there are several.</summary>
    public string Path { get; }

    /// <summary>The version of the format, 2 or 3.</summary>
    public int Version { get; }

    /// <summary>Keys and values.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>Bytes of all files together.</summary>
    public long ByteLength => parts.Sum(p => p.Map.Length);

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

    /// <summary>Maps a file, or all files of a split model, and checks the heads.</summary>
    /// <param name="path">The file; of a split model the first, -00001-of-.</param>
    /// <exception cref="BadModelException">
    /// Missing, truncated, big-endian, a head is not true of its file, or a part of the model is missing or another model's.
    /// </exception>
    public static GgufFile Open(string path) => new(GgufPart.OpenAll(System.IO.Path.GetFullPath(path)));

    /// <summary>The tensor of that name, or null.</summary>
    public GgufTensorInfo? Find(string name) => byName.GetValueOrDefault(name).Tensor;

    /// <summary>Bytes of a tensor, straight from the map: valid until <see cref="Dispose"/>.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="offset">First byte, counted from the tensor's start.</param>
    /// <param name="length">Number of bytes; a tensor of more than 2 GiB is read in slices.</param>
    public ReadOnlySpan<byte> Bytes(GgufTensorInfo tensor, long offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, tensor.ByteLength - length);
        return MapOf(tensor).Bytes(tensor.Offset + offset, length);
    }

    /// <summary>Lets the pages of part of a tensor leave the process until they are touched again.</summary>
    /// <param name="tensor">One of <see cref="Tensors"/>.</param>
    /// <param name="offset">First byte, counted from the tensor's start.</param>
    /// <param name="length">Number of bytes.</param>
    public void Release(GgufTensorInfo tensor, long offset, long length) => MapOf(tensor).Release(tensor.Offset + offset, length);

    MappedFile MapOf(GgufTensorInfo tensor) =>
        byName.TryGetValue(tensor.Name, out var known) && ReferenceEquals(known.Tensor, tensor) ? known.Map
            : throw new ArgumentException($"{tensor.Name} is not a tensor of {Path}", nameof(tensor));

    /// <summary>Unmaps the files; spans handed out before must not be used any more.</summary>
    public void Dispose()
    {
        foreach (var part in parts) part.Dispose();
    }
}

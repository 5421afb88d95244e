using System.IO.MemoryMappedFiles;
using Moesaic.Kernels;

namespace Moesaic.Formats;

/// <summary>
/// A whole file mapped read-only. Spans are valid until <see cref="Dispose"/>; the file must not shrink meanwhile.
/// </summary>
sealed unsafe class MappedFile : IDisposable
{
    readonly MemoryMappedFile map;
    readonly MemoryMappedViewAccessor view;
    byte* start;

    MappedFile(MemoryMappedFile map, MemoryMappedViewAccessor view, long length)
    {
        this.map = map;
        this.view = view;
        Length = length;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        start += view.PointerOffset;
    }

    internal long Length { get; }

    /// <param name="path">The file.</param>
    /// <param name="minimum">Bytes a file of this kind has at least.</param>
    /// <param name="kind">For messages: "safetensors".</param>
    /// <exception cref="BadModelException">Missing, unreadable, too short, or not an ordinary file.</exception>
    internal static MappedFile Open(string path, long minimum, string kind) => InputErrors.Explain(path, () =>
    {
        var target = InputErrors.Target(path);
        if (target.Length < minimum)
            throw new BadModelException($"{path} holds {target.Length} bytes, too few for a {kind} file; "
                + "it is truncated, fetch it again.");
        using var stream = new FileStream(target.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        long length = stream.Length;
        var map = MemoryMappedFile.CreateFromFile(stream, mapName: null, 0, MemoryMappedFileAccess.Read,
            HandleInheritability.None, leaveOpen: true);
        return new MappedFile(map, map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read), length);
    });

    internal ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        ObjectDisposedException.ThrowIf(start == null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, Length - length);
        return new ReadOnlySpan<byte>(start + offset, length);
    }

    /// <summary>See <see cref="PageAdvice.Release"/>.</summary>
    internal void Release(long offset, long length)
    {
        if (start != null) PageAdvice.Release(start + offset, length);
    }

    public void Dispose()
    {
        if (start == null) return;
        start = null;
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }
}

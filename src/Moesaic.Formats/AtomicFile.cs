using System.Text;

namespace Moesaic.Formats;

/// <summary>
/// Writes a file so that a reader sees either the old content or the whole new one: a temporary name in the same folder,
/// flushed to the disk, then renamed. When anything fails the temporary is removed and the old file is untouched.
/// Missing parent folders are made. A full disk or an unwritable place is a <see cref="BadRequestException"/>.
/// </summary>
public static class AtomicFile
{
    static int counter;

    /// <summary>Writes UTF-8 without a byte order mark.</summary>
    public static void WriteText(string path, string text) => WriteBytes(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes the bytes as they are.</summary>
    public static void WriteBytes(string path, ReadOnlySpan<byte> bytes)
    {
        using var file = new PendingFile(path);
        file.Write(bytes);
        file.Commit();
    }

    /// <summary>Writes whatever <paramref name="write"/> puts into the stream; its exceptions pass through.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        using var file = new PendingFile(path);
        write(file.Stream);
        file.Commit();
    }

    /// <summary>Removes the temporaries that killed writers left in a folder. Nobody may be writing there.</summary>
    public static void RemoveLeftovers(string folder) => OutputErrors.Explain(folder, () =>
    {
        foreach (var file in Directory.EnumerateFiles(folder, ".*.tmp")) File.Delete(file);
    });

    static string TemporaryName(string path)
    {
        int unique = Interlocked.Increment(ref counter);
        return Path.Combine(Path.GetDirectoryName(path)!, $".{Path.GetFileName(path)}.{Environment.ProcessId}-{unique}.tmp");
    }

    sealed class PendingFile : IDisposable
    {
        readonly string path;
        readonly string temporary;
        bool committed;

        internal PendingFile(string path)
        {
            this.path = Path.GetFullPath(path);
            temporary = TemporaryName(this.path);
            Stream = OutputErrors.Explain(this.path, () =>
            {
                Directory.CreateDirectory(Path.GetDirectoryName(this.path)!);
                return new ExplainingStream(new FileStream(temporary, FileMode.CreateNew, FileAccess.Write), this.path);
            });
        }

        internal ExplainingStream Stream { get; }

        internal void Write(ReadOnlySpan<byte> bytes) => Stream.Write(bytes);

        internal void Commit()
        {
            Stream.FlushToDisk();
            Stream.Dispose();
            OutputErrors.Explain(path, () => File.Move(temporary, path, overwrite: true));
            committed = true;
        }

        public void Dispose()
        {
            if (committed) return;
            try { Stream.Dispose(); } catch (BadRequestException) { /* the first failure is the one to report */ }
            OutputErrors.RemoveFile(temporary);
        }
    }
}

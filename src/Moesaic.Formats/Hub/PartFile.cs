using System.Security.Cryptography;
using System.Text;

namespace Moesaic.Formats;

/// <summary>
/// A file on its way: what has arrived lies under a name with its hash, so that a later run goes on only with the same content.
/// Its hash is computed as it grows.
/// </summary>
sealed class PartFile : IDisposable
{
    const int NameDigits = 16;

    readonly HubFile file;
    readonly string path;
    readonly FileStream stream;
    readonly IncrementalHash hash;

    PartFile(HubFile file, string path, FileAccess access = FileAccess.ReadWrite)
    {
        (this.file, this.path) = (file, path);
        hash = IncrementalHash.CreateHash(file.Sha256 is not null ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        stream = new FileStream(path, access == FileAccess.Read ? FileMode.Open : FileMode.OpenOrCreate, access, FileShare.Read);
    }

    /// <summary>Bytes that have arrived.</summary>
    public long Length => stream.Position;

    /// <summary>Whether nothing is missing.</summary>
    public bool IsComplete => Length == file.Size;

    /// <summary>Where the parts of a file lie.</summary>
    public static string PathOf(string folder, HubFile file) => $"{TargetOf(folder, file)}.{file.Hash[..NameDigits]}.part";

    /// <summary>Where it lies when all is complete and checked.</summary>
    public static string TargetOf(string folder, HubFile file) => Path.Combine(folder, file.Name.Replace('/', Path.DirectorySeparatorChar));

    /// <summary>Opens what there is and reads it into the hash.</summary>
    public static PartFile Open(string folder, HubFile file, CancellationToken cancellation)
    {
        var path = PathOf(folder, file);
        return OutputErrors.Explain(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var part = new PartFile(file, path);
            try
            {
                part.HashWhatIsThere(cancellation);
                return part;
            }
            catch
            {
                part.Dispose();
                throw;
            }
        });
    }

    /// <summary>Whether a file that is there has the size and the hash.</summary>
    public static bool Matches(string path, HubFile file, CancellationToken cancellation)
    {
        if (new FileInfo(path).Length != file.Size) return false;
        using var whole = new PartFile(file, path, FileAccess.Read);
        whole.HashWhatIsThere(cancellation);
        return whole.TakeHash() == file.Hash;
    }

    string TakeHash() => Convert.ToHexStringLower(hash.GetHashAndReset());

    void HashWhatIsThere(CancellationToken cancellation)
    {
        if (stream.Length > file.Size) stream.SetLength(0);
        Begin();
        var buffer = new byte[1 << 20];
        while (stream.Read(buffer) is > 0 and var count)
        {
            cancellation.ThrowIfCancellationRequested();
            hash.AppendData(buffer, 0, count);
        }
    }

    /// <summary>Git hashes a header before the content.</summary>
    void Begin()
    {
        if (file.Sha256 is null) hash.AppendData(Encoding.ASCII.GetBytes(FormattableString.Invariant($"blob {file.Size}\0")));
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        try { stream.Write(bytes); }
        catch (Exception e) when (OutputErrors.IsStorage(e)) { throw OutputErrors.Refusal(path, e); }
        hash.AppendData(bytes);
    }

    /// <summary>Forgets all that arrived.</summary>
    public void Restart() => OutputErrors.Explain(path, () =>
    {
        stream.SetLength(0);
        hash.GetHashAndReset();
        Begin();
    });

    /// <summary>Checks a complete file; forgets it when it is not what was announced.</summary>
    /// <exception cref="BadModelException">The hash differs.</exception>
    public void Check()
    {
        var found = TakeHash();
        if (found != file.Hash)
        {
            OutputErrors.Explain(path, () => stream.SetLength(0));
            throw new BadModelException($"{file.Name} arrived damaged: its {(file.Sha256 is null ? "git hash" : "SHA-256")} is {found}, announced was {file.Hash}. "
                + "It was thrown away; run the same command again.");
        }
        OutputErrors.Explain(path, () => stream.Flush(flushToDisk: true));
    }

    public void Dispose()
    {
        hash.Dispose();
        OutputErrors.Explain(path, stream.Dispose);
    }
}

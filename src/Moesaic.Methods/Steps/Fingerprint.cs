using System.Security.Cryptography;
using System.Text;
using Moesaic.Formats;
using Moesaic.Methods.Progress;

namespace Moesaic.Methods.Steps;

/// <summary>
/// SHA-256 of a file or of everything in a folder: relative names in ordinal order, lengths and bytes. Hidden files and
/// folders (a leading dot) are left out; times and owners do not count.
/// </summary>
static class Fingerprint
{
    /// <param name="name">For the progress.</param>
    /// <param name="path">The file or folder.</param>
    /// <param name="progress">Is told the bytes read.</param>
    /// <param name="cancellation">Stops between pieces.</param>
    /// <param name="only">Which files count, by their names; null: all.</param>
    internal static string Of(string name, string path, IProgressReporter progress, CancellationToken cancellation, Func<string, bool>? only = null)
    {
        try
        {
            var files = Files(path);
            if (only is not null) files.RemoveAll(f => !only(f.Name));
            using var task = progress.Begin($"read {name}", files.Sum(f => (double)f.Length), "bytes");
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[1 << 20];
            var done = 0L;
            foreach (var file in files)
            {
                hash.AppendData(Encoding.UTF8.GetBytes(FormattableString.Invariant(
                    $"{Path.GetRelativePath(path, file.FullName).Replace('\\', '/')}\n{file.Length}\n")));
                using var stream = file.OpenRead();
                for (int read; (read = stream.Read(buffer)) > 0; task.Report(done += read))
                {
                    cancellation.ThrowIfCancellationRequested();
                    hash.AppendData(buffer, 0, read);
                }
            }
            return Convert.ToHexStringLower(hash.GetHashAndReset());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadModelException($"{path} cannot be read: {e.Message}", e);
        }
    }

    static List<FileInfo> Files(string path)
    {
        if (File.Exists(path)) return [.. GgufParts.Names(path).Select(p => new FileInfo(p))];
        if (!Directory.Exists(path)) throw new BadModelException($"{path} does not exist.");
        var all = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 };
        return
        [
            .. new DirectoryInfo(path).EnumerateFiles("*", all)
                .Where(f => !Path.GetRelativePath(path, f.FullName).Split(Path.DirectorySeparatorChar).Any(p => p.StartsWith('.')))
                .OrderBy(f => Path.GetRelativePath(path, f.FullName), StringComparer.Ordinal),
        ];
    }
}

namespace Moesaic.Formats;

/// <summary>
/// The folder beside the output in which the parts of a pull lie until all are complete and checked. It stays when a pull stops, and
/// the next goes on with it; a lock keeps two apart.
/// </summary>
sealed class PullFolder : IDisposable
{
    const string LockName = ".pull";

    readonly string output;
    readonly IReadOnlyList<HubFile> files;
    readonly FileStream guard;

    PullFolder(string output, string path, IReadOnlyList<HubFile> files, FileStream guard) =>
        (this.output, Path, this.files, this.guard) = (output, path, files, guard);

    public string Path { get; }

    /// <summary>Bytes that an earlier run left.</summary>
    public long BytesThere => files.Sum(f => new FileInfo(PartFile.PathOf(Path, f)) is { Exists: true } part ? Math.Min(part.Length, f.Size) : 0);

    /// <summary>Makes the folder, or takes up an earlier one.</summary>
    /// <param name="output">The folder to become, as a full path.</param>
    /// <param name="files">What will be in it.</param>
    public static PullFolder Open(string output, IReadOnlyList<HubFile> files)
    {
        var path = output + ".partial";
        return OutputErrors.Explain(path, () =>
        {
            var mark = System.IO.Path.Combine(path, LockName);
            if (Directory.Exists(path) && !File.Exists(mark) && Directory.EnumerateFileSystemEntries(path).Any())
                throw new BadRequestException($"{path} exists and was not made by pull; rename it or choose another output.");
            Directory.CreateDirectory(path);
            var folder = new PullFolder(output, path, files, Lock(mark));
            folder.TakeUp();
            return folder;
        });
    }

    static FileStream Lock(string mark)
    {
        try
        {
            return new FileStream(mark, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException e) when (File.Exists(mark))
        {
            throw new BadRequestException($"{mark} is in use: another pull is writing there; wait for it or choose another output.", e);
        }
    }

    /// <summary>A run killed while it gave files their names left some with them; what belongs to other contents is of no use.</summary>
    void TakeUp()
    {
        var parts = files.ToDictionary(f => PartFile.PathOf(Path, f), StringComparer.Ordinal);
        foreach (var file in files)
        {
            var (target, part) = (PartFile.TargetOf(Path, file), PartFile.PathOf(Path, file));
            if (File.Exists(target) && !File.Exists(part)) File.Move(target, part);
        }
        foreach (var path in Directory.GetFiles(Path, "*", SearchOption.AllDirectories))
            if (!parts.ContainsKey(path) && System.IO.Path.GetFileName(path) != LockName) File.Delete(path);
    }

    /// <summary>Turns the complete parts into the output, at once.</summary>
    public void Commit() => OutputErrors.Explain(output, () =>
    {
        foreach (var file in files) File.Move(PartFile.PathOf(Path, file), PartFile.TargetOf(Path, file));
        guard.Dispose();
        if (Directory.Exists(output) && files is [var one] && Directory.EnumerateFileSystemEntries(output).Any())
        {
            // One file more in a folder of such.
            var target = PartFile.TargetOf(output, one);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(target)!);
            File.Move(PartFile.TargetOf(Path, one), target);
            Directory.Delete(Path, recursive: true);
            return;
        }
        File.Delete(System.IO.Path.Combine(Path, LockName));
        if (Directory.Exists(output)) Directory.Delete(output);
        Directory.Move(Path, output);
    });

    public void Dispose() => guard.Dispose();
}

namespace Moesaic.Formats;

/// <summary>
/// A folder being written under a hidden sibling name, to be renamed when complete. A lock in it keeps two writers apart;
/// what a killed writer left is cleared by the next. Disposing without <see cref="Commit"/> removes it.
/// </summary>
public sealed class PendingFolder : IDisposable
{
    const string LockName = ".lock";

    readonly string target;
    readonly FileStream guard;
    bool committed;

    PendingFolder(string target, string path, FileStream guard)
    {
        this.target = target;
        Path = path;
        this.guard = guard;
    }

    /// <summary>Where to write meanwhile.</summary>
    public string Path { get; }

    static string Sibling(string target, string suffix) =>
        System.IO.Path.Combine(System.IO.Path.GetDirectoryName(target)!, $".{System.IO.Path.GetFileName(target)}.{suffix}");

    /// <summary>Starts a folder, refusing at once what <see cref="Commit"/> could not do at the end.</summary>
    /// <param name="target">The folder to become; its parents are made.</param>
    /// <param name="overwrite">Whether a model folder of that name may be replaced. An empty folder always may.</param>
    public static PendingFolder Create(string target, bool overwrite)
    {
        target = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(target));
        if (System.IO.Path.GetDirectoryName(target) is null)
            throw new BadRequestException($"{target} cannot be an output: it is the root of a disk.");
        string path = Sibling(target, "partial");
        return OutputErrors.Explain(target, () =>
        {
            RestoreInterrupted(target);
            CheckTarget(target, overwrite);
            Directory.CreateDirectory(path);
            var pending = new PendingFolder(target, path, Lock(target, path));
            try
            {
                pending.Clear();
                return pending;
            }
            catch
            {
                pending.Dispose();
                throw;
            }
        });
    }

    static FileStream Lock(string target, string path)
    {
        string file = System.IO.Path.Combine(path, LockName);
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException e) when (File.Exists(file))
        {
            throw new BadRequestException($"{target} is being written by another process; wait for it or "
                + "choose another output.", e);
        }
    }

    /// <summary>
    /// A writer killed between the two renames of <see cref="Commit"/> left the old folder under its sibling name.
    /// </summary>
    static void RestoreInterrupted(string target)
    {
        string replaced = Sibling(target, "replaced");
        if (!Directory.Exists(replaced)) return;
        if (Directory.Exists(target)) Directory.Delete(replaced, recursive: true);
        else Directory.Move(replaced, target);
    }

    static void CheckTarget(string target, bool overwrite)
    {
        if (File.Exists(target))
            throw new BadRequestException($"{target} is a file, not a folder; choose another output.");
        if (!Directory.Exists(target) || !Directory.EnumerateFileSystemEntries(target).Any()) return;
        if (!overwrite)
            throw new BadRequestException($"{target} exists already; choose another output or ask for it to "
                + "be overwritten.");
        if (!File.Exists(System.IO.Path.Combine(target, "config.json")))
            throw new BadRequestException($"{target} is not a model folder (it has no config.json) and is not "
                + "overwritten; choose another output.");
    }

    void Clear()
    {
        foreach (string file in Directory.EnumerateFiles(Path))
            if (System.IO.Path.GetFileName(file) != LockName) File.Delete(file);
        foreach (string folder in Directory.EnumerateDirectories(Path)) Directory.Delete(folder, recursive: true);
    }

    /// <summary>Renames the folder to its target; when that fails the old target is put back.</summary>
    public void Commit() => OutputErrors.Explain(target, () =>
    {
        guard.Dispose();
        File.Delete(System.IO.Path.Combine(Path, LockName));
        if (!Directory.Exists(target))
        {
            Directory.Move(Path, target);
        }
        else
        {
            string replaced = Sibling(target, "replaced");
            Directory.Move(target, replaced);
            try
            {
                Directory.Move(Path, target);
            }
            catch
            {
                Directory.Move(replaced, target);
                throw;
            }
            OutputErrors.RemoveFolder(replaced);
        }
        committed = true;
    });

    /// <summary>Removes the folder unless it was committed; the target is as before.</summary>
    public void Dispose()
    {
        guard.Dispose();
        if (!committed) OutputErrors.RemoveFolder(Path);
    }
}

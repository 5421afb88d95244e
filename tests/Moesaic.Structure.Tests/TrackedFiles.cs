using System.Diagnostics;

namespace Moesaic.Structure.Tests;

/// <summary>What belongs to the repository, by git's own account.</summary>
static class TrackedFiles
{
    /// <summary>Paths from the root, with '/'; files removed from the working tree are left out.</summary>
    public static IReadOnlyList<string> Names()
    {
        if (!Path.Exists(Path.Combine(RepositoryRoot.Path, ".git"))) Assert.Skip("Run in a git checkout.");
        var start = new ProcessStartInfo("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = RepositoryRoot.Path,
            RedirectStandardOutput = true,
        };
        using var git = Process.Start(start)!;
        var names = git.StandardOutput.ReadToEnd().Split('\0', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        if (git.ExitCode != 0) throw new InvalidOperationException($"git ls-files failed with {git.ExitCode}");
        return [.. names.Where(n => File.Exists(Path.Combine(RepositoryRoot.Path, n)))];
    }
}

namespace Moesaic.Structure.Tests;

/// <summary>Files stay small enough to be read in one go.</summary>
public class FileSizeTests
{
    const int Longest = 500, Median = 150;

    static List<(string Name, int Lines)> Files() =>
    [
        .. TrackedFiles.Names().Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal))
            .Select(f => (f, File.ReadLines(Path.Combine(RepositoryRoot.Path, f)).Count())),
    ];

    [Fact]
    public void No_source_file_is_long() =>
        Assert.Empty(Files().Where(f => f.Lines > Longest).Select(f => $"{f.Name} has {f.Lines} lines; split it (at most {Longest})"));

    [Fact]
    public void Half_of_the_source_files_are_short()
    {
        var lines = Files().Select(f => f.Lines).Order().ToList();
        Assert.InRange(lines[lines.Count / 2], 1, Median);
    }
}

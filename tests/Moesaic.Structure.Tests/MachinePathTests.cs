using System.Text.RegularExpressions;

namespace Moesaic.Structure.Tests;

/// <summary>What is in the repository works wherever it is checked out.</summary>
public partial class MachinePathTests
{
    // An absolute path: nothing that belongs to a longer path or an address stands before it.
    [GeneratedRegex(@"(?<![\w.~*}/-])/(work|tmp|root|home|Users)/\w")]
    private static partial Regex MachinePath { get; }

    [Fact]
    public void No_tracked_text_names_a_folder_of_one_machine()
    {
        var found = new List<string>();
        foreach (var name in TrackedFiles.Names())
        {
            var bytes = File.ReadAllBytes(Path.Combine(RepositoryRoot.Path, name));
            if (bytes.AsSpan(0, Math.Min(bytes.Length, 8000)).Contains((byte)0)) continue;      // as git tells binary from text
            var lines = System.Text.Encoding.UTF8.GetString(bytes).Split('\n');
            for (var i = 0; i < lines.Length; i++)
                if (MachinePath.Match(lines[i]) is { Success: true } match) found.Add($"{name}:{i + 1}: {match.Value}");
        }
        Assert.Empty(found);
    }

    [Theory]
    [InlineData("see /" + "home/me", true)]
    [InlineData("\"/" + "tmp/x\"", true)]
    [InlineData("https://example.org/home/page", false)]
    [InlineData("out.work/1-split/work/state", false)]
    public void Paths_are_told_from_addresses(string line, bool expected) => Assert.Equal(expected, MachinePath.IsMatch(line));
}

using Moesaic.Formats;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;

namespace Moesaic.Methods.Tests.Steps;

public class FingerprintTests
{
    static string Of(string path) => Fingerprint.Of("input", path, SilentProgress.Instance, CancellationToken.None);

    [Fact]
    public void Content_and_names_count_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["a/b"]);
        File.WriteAllText(folder["a/one"], "1");
        File.WriteAllText(folder["a/b/two"], "2");
        var before = Of(folder["a"]);
        Assert.Equal(64, before.Length);

        File.SetLastWriteTimeUtc(folder["a/one"], new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Directory.CreateDirectory(folder["a/.git"]);
        File.WriteAllText(folder["a/.git/x"], "hidden");
        Assert.Equal(before, Of(folder["a"]));

        File.WriteAllText(folder["a/b/two"], "3");
        Assert.NotEqual(before, Of(folder["a"]));
        File.WriteAllText(folder["a/b/two"], "2");
        Assert.Equal(before, Of(folder["a"]));
        File.Move(folder["a/b/two"], folder["a/b/three"]);
        Assert.NotEqual(before, Of(folder["a"]));
    }

    [Fact]
    public void Missing_paths_are_named() =>
        Assert.Contains("no-such", Assert.Throws<BadModelException>(() => Of("no-such")).Message, StringComparison.Ordinal);
}

namespace Moesaic.Formats.Tests;

public sealed class AtomicFileTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Text_is_utf8_without_mark_and_replaces_what_was_there()
    {
        string path = folder.Write("a/b.txt", "old and much longer");
        AtomicFile.WriteText(path, "né");
        Assert.Equal("né"u8.ToArray(), File.ReadAllBytes(path));
        AtomicFile.WriteText(folder["new/folder/c.txt"], "c");
        Assert.Equal(["a", "a/b.txt", "new", "new/folder", "new/folder/c.txt"], folder.Names);
    }

    [Fact]
    public void Failure_keeps_the_old_file_and_leaves_nothing_else()
    {
        string path = folder.Write("a.txt", "old");
        Assert.Throws<TimeoutException>(() => AtomicFile.Write(path, stream =>
        {
            stream.Write("half"u8);
            stream.Flush();
            throw new TimeoutException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal(["a.txt"], folder.Names);
    }

    [Fact]
    public void Leftovers_of_a_killed_writer_are_removed_and_nothing_else()
    {
        foreach (var name in new[] { "a.txt", ".hidden", "b.tmp", "sub/.c.txt.9-1.tmp" }) folder.Write(name, "");
        AtomicFile.Write(folder["a.txt"], _ =>
        {
            // What a writer killed now leaves.
            foreach (var file in Directory.GetFiles(folder.Path, ".a.txt.*")) File.Copy(file, file.Replace("a.txt", "d.txt", StringComparison.Ordinal));
        });
        Assert.Equal(6, folder.Names.Count());
        AtomicFile.RemoveLeftovers(folder.Path);
        Assert.Equal([".hidden", "a.txt", "b.tmp", "sub", "sub/.c.txt.9-1.tmp"], folder.Names);
    }

    [Fact]
    public void Old_content_is_visible_until_the_end()
    {
        string path = folder.Write("a.txt", "old");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(path));
        });
        Assert.Equal("new", File.ReadAllText(path));
    }

    [Fact]
    public void Unwritable_place_is_the_users_to_mend()
    {
        string file = folder.Write("file", "");
        var error = Assert.Throws<BadRequestException>(() => AtomicFile.WriteText(Path.Combine(file, "x", "y.txt"), ""));
        Assert.Contains("cannot be written", error.Message, StringComparison.Ordinal);
        Directory.CreateDirectory(folder["taken"]);
        Assert.Throws<BadRequestException>(() => AtomicFile.WriteText(folder["taken"], ""));
        Assert.Equal(["file", "taken"], folder.Names);
    }

    [Fact]
    public void Many_writers_of_one_file_do_not_mix()
    {
        Parallel.For(0, 64, i => AtomicFile.WriteText(folder["a"], new string((char)('a' + i % 26), 10_000)));
        Assert.Single(File.ReadAllText(folder["a"]).Distinct());
        Assert.Equal(["a"], folder.Names);
    }
}

namespace Moesaic.Formats.Tests;

public sealed class PendingFolderTests : IDisposable
{
    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Leftovers_of_a_killed_writer_are_cleared()
    {
        folder.Write(".model.partial/model.safetensors", "half");
        folder.Write(".model.partial/chat_templates/a.jinja", "half");
        folder.Write(".model.partial/.lock", "");
        using (var pending = PendingFolder.Create(folder["model"], overwrite: false))
        {
            File.WriteAllText(Path.Combine(pending.Path, "new"), "");
            pending.Commit();
        }
        Assert.Equal(["model", "model/new"], folder.Names);
    }

    [Fact]
    public void Writer_killed_between_the_two_renames_loses_nothing()
    {
        folder.Write(".model.replaced/config.json", "{}");
        Assert.Throws<BadRequestException>(() => PendingFolder.Create(folder["model"], overwrite: false));
        Assert.Equal(["model", "model/config.json"], folder.Names);
    }

    [Fact]
    public void Writer_killed_after_the_two_renames_leaves_only_rubbish()
    {
        folder.Write(".model.replaced/config.json", "old");
        folder.Write("model/config.json", "new");
        PendingFolder.Create(folder["model"], overwrite: true).Dispose();
        Assert.Equal(["model", "model/config.json"], folder.Names);
        Assert.Equal("new", File.ReadAllText(folder["model/config.json"]));
    }

    [Fact]
    public void Second_writer_is_refused_while_the_first_writes()
    {
        using var first = PendingFolder.Create(folder["model"], overwrite: false);
        File.WriteAllText(Path.Combine(first.Path, "a"), "");
        var error = Assert.Throws<BadRequestException>(() => PendingFolder.Create(folder["model"], overwrite: false));
        Assert.Contains("another process", error.Message, StringComparison.Ordinal);
        first.Commit();
        Assert.Equal(["model", "model/a"], folder.Names);
    }

    [Fact]
    public void Old_folder_is_put_back_when_the_new_one_cannot_be_renamed()
    {
        folder.Write("model/config.json", "old");
        using (var pending = PendingFolder.Create(folder["model"], overwrite: true))
        using (new TemporaryMount(pending.Path)) // what is mounted cannot be renamed
            Assert.Throws<BadRequestException>(pending.Commit);
        Assert.Equal(["model", "model/config.json"], folder.Names);
        Assert.Equal("old", File.ReadAllText(folder["model/config.json"]));
    }
}

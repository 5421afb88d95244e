using Moesaic.Formats.Tests.Hub;

namespace Moesaic.Cli.Tests.Processes;

/// <summary>A pull as a process that is killed: the output is not there, and the same command goes on.</summary>
public sealed class KilledPullTests : IDisposable
{
    const string Weights = "model.safetensors";
    const int Sent = 400_000;

    readonly string folder = Directory.CreateTempSubdirectory("moesaic-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task A_killed_pull_goes_on_where_it_was()
    {
        var (repository, silent) = (Repository.Model(), true);
        using var server = new BrokenServer(request => silent && request.Path.EndsWith(Weights, StringComparison.Ordinal)
            ? repository.Answer(request) with { SilentAfter = Sent } : repository.Answer(request));
        string[] command = ["pull", "owner/name", "--output", Path.Combine(folder, "out"), "--endpoint", server.Address.AbsoluteUri, "--json"];
        using (var tool = ToolProcess.Start(command))
        {
            await tool.LineWith("\"event\":\"begin\"");
            // All that is sent arrives; the last bytes may not have left the process.
            for (var tries = 0; Arrived() < Sent / 2; tries++)
            {
                Assert.True(tries < 10_000, "nothing arrives");
                await Task.Delay(5);
            }
            tool.Kill();
            await tool.ExitCode();
        }
        Assert.Equal([Path.Combine(folder, "out.partial")], Directory.GetFileSystemEntries(folder));

        silent = false;
        using var again = ToolProcess.Start(command);
        Assert.Equal(0, await again.ExitCode());
        Assert.Equal([Path.Combine(folder, "out")], Directory.GetFileSystemEntries(folder));
        Assert.Equal(repository.Files[Weights], File.ReadAllBytes(Path.Combine(folder, "out", Weights)));
        Assert.InRange(server.Requests[^1].From, Sent / 2, Sent);
    }

    long Arrived() => Directory.GetFiles(folder, Weights + ".*", SearchOption.AllDirectories) is [var part] ? new FileInfo(part).Length : 0;
}

using System.Runtime.CompilerServices;

namespace Moesaic.Server.Tests.Protocol;

public class EndpointTableTests
{
    [Fact]
    public async Task Every_endpoint_is_in_the_documentation()
    {
        await using var server = await RunningServer.DemoAsync();
        var text = Document();
        Assert.All(server.Server.Endpoints, e => Assert.Contains($"`{e.Method} {e.Path.Replace("**", "", StringComparison.Ordinal)}`", text, StringComparison.Ordinal));
        Assert.All(server.Server.Endpoints, e => Assert.NotEmpty(e.About));
    }

    static string Document([CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/server.md"));
}

using System.Globalization;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;
using Moesaic.Formats;
using Moesaic.Formats.Tests.Hub;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class PullVerbTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("moesaic-test-").FullName;
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly Dictionary<string, string> environment = [];
    readonly BrokenServer server = new(Repository.Model().Answer);

    public void Dispose()
    {
        server.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    string Output => Path.Combine(folder, "out");

    int Run(params string[] args) => new App(
        [new PullVerb(environment.GetValueOrDefault, new HubOptions { Time = new ImpatientTime(), Attempts = 2 })],
        (json, _) => json ? new JsonView(output, error, new FakeTime()) : ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime()))
        .Run(["pull", .. args], output, error);

    [Fact]
    public void A_model_is_fetched_and_what_was_left_out_is_told()
    {
        Assert.Equal(0, Run("owner/name", "-o", Output, "--endpoint", server.Address.AbsoluteUri));
        Assert.Equal(4, Directory.GetFiles(Output).Length);
        Assert.Equal($"{Output} holds owner/name at {Repository.Commit}: 4 files, 1.00 MB\n", output.ToString());
        Assert.Contains("left out: 4 files, 208 kB: pytorch_model.bin, onnx/model.onnx, empty.gguf, small.gguf\n", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(0, Run("owner/name", "-o", Output, "--endpoint", server.Address.AbsoluteUri));
        Assert.Contains("is up to date with owner/name", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_environment_names_the_endpoint_and_the_token()
    {
        (environment["HF_ENDPOINT"], environment["HF_TOKEN"], environment["MINE"]) = (server.Address.AbsoluteUri, "usual", "special");
        Assert.Equal(0, Run("owner/name:small.gguf", "-o", Output));
        Assert.All(server.Requests, r => Assert.Equal("Bearer usual", r["authorization"]));
        server.Requests.Clear();
        Assert.Equal(0, Run("owner/name:empty.gguf", "-o", Output, "--token-env", "MINE"));
        Assert.All(server.Requests, r => Assert.Equal("Bearer special", r["authorization"]));
        Assert.DoesNotContain("special", output.ToString() + error, StringComparison.Ordinal);

        // Empty is as if it were not there.
        environment["HF_TOKEN"] = "";
        server.Requests.Clear();
        Assert.Equal(0, Run("owner/name:small.gguf", "-o", Output));
        Assert.All(server.Requests, r => Assert.Null(r["authorization"]));
    }

    [Fact]
    public void A_dry_run_lists_and_fetches_nothing()
    {
        Assert.Equal(0, Run("owner/name", "-o", Output, "--endpoint", server.Address.AbsoluteUri, "--dry-run"));
        Assert.Contains("model.safetensors", output.ToString(), StringComparison.Ordinal);
        Assert.EndsWith($"would fetch 4 files, 1.00 MB into {Output}\n", output.ToString(), StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Progress_counts_the_bytes_of_the_model()
    {
        Assert.Equal(0, Run("owner/name", "-o", Output, "--endpoint", server.Address.AbsoluteUri, "--json"));
        Assert.Contains("\"event\":\"begin\",\"task\":\"pull owner/name\",\"done\":0,\"total\":1000045,\"unit\":\"bytes\"", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("\"event\":\"end\",\"task\":\"pull owner/name\",\"done\":1000045", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "names no model on a hub", "name")]
    [InlineData(2, "does not exist (404)", "owner/other")]
    [InlineData(2, "has no file big.gguf", "owner/name:big.gguf")]
    [InlineData(2, "does not exist (404)", "owner/name", "--revision", "v2")]
    [InlineData(2, "is no address", "owner/name", "--endpoint", "huggingface.co")]
    [InlineData(2, "--token-env NOTHING: there is no such environment variable", "owner/name", "--token-env", "NOTHING")]
    [InlineData(2, "unknown option '--token-evn'; did you mean '--token-env'?", "owner/name", "--token-evn", "x")]
    [InlineData(3, "Given up after 2 attempts", "owner/name", "--endpoint", "http://127.0.0.1:1")]
    public void Mistakes_have_a_message_and_a_code(int code, string message, params string[] args)
    {
        environment["HF_ENDPOINT"] = server.Address.AbsoluteUri;
        Assert.Equal(code, Run([.. args, "--output", Output]));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", output.ToString());
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }
}

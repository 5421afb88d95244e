using System.Globalization;
using System.Text.Json;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;
using Moesaic.Methods.Tests.Evaluation;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class BenchVerbTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    int Run(params string[] args) => new App([new BenchVerb()],
        (json, _) => json ? new JsonView(output, error, new FakeTime()) : ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime()))
        .Run(args, output, error);

    [Fact]
    public void Markdown_has_a_row_for_every_test()
    {
        Assert.Equal(0, Run("bench", folder.Model, "-p", "4,8", "-n", "2", "-d", "0,3", "-r", "1", "--markdown"));
        var rows = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["pp4", "pp8", "pp4 @ d3", "pp8 @ d3", "tg2", "tg2 @ d3"], rows[2..].Select(r => r.Split('|')[1].Trim()));
    }

    [Fact]
    public void Json_has_the_ceilings_and_the_speeds()
    {
        Assert.Equal(0, Run("bench", folder.Model, "-p", "4", "-n", "2", "-r", "1", "--json"));
        Assert.Contains(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries), line =>
        {
            using var json = JsonDocument.Parse(line);
            var text = json.RootElement.ToString();
            return text.Contains("read_bandwidth", StringComparison.Ordinal) && text.Contains("\"tg2\"", StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("nothing to measure", "-p", "0", "-n", "0")]
    [InlineData("--prompt", "-p", "-3")]
    [InlineData("--repeats", "-r", "0")]
    [InlineData("context", "-p", "100000")]
    public void A_bad_request_is_refused(string expected, params string[] options)
    {
        Assert.Equal(2, Run(["bench", folder.Model, .. options]));
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }
}

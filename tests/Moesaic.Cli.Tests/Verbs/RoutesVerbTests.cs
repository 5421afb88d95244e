using System.Globalization;
using System.Text.Json;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;
using Moesaic.Methods.Tests.Evaluation;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class RoutesVerbTests(TinyFolder folder) : IClassFixture<TinyFolder>
{
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    int Run(params string[] args) => new App([Composition.Verbs.OfType<StepVerb>().Single(v => v.Name == "routes")],
        (json, _) => json ? new JsonView(output, error, new FakeTime()) : ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime()))
        .Run(args, output, error);

    [Fact]
    public void Tables_the_coloured_text_and_the_page_come_out_without_an_output_folder()
    {
        Assert.Equal(0, Run("routes", folder.Model, "--data", folder.Text, "--text", "a cat\u001b[2J met", "--html", folder["page.html"]));
        foreach (var expected in (string[])["\nLoad\n", "Tokens by expert, layer 1", "Co-activation", "Positions", "‹001B›"])
            Assert.Contains(expected, output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', output.ToString());
        Assert.StartsWith("<!DOCTYPE html>", File.ReadAllText(folder["page.html"]), StringComparison.Ordinal);
    }

    [Fact]
    public void An_output_folder_has_the_numbers_and_the_page()
    {
        Assert.Equal(0, Run("routes", folder.Model, "--data", folder.Text, "-o", folder["routes"], "--json", "--text", "a cat"));
        Assert.Equal(["recipe.yaml", "report.json", "report.md"], Directory.GetFiles(folder["routes"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["routes.html", "routes.json"], Directory.GetFiles(folder["routes/routes"]).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var report = JsonDocument.Parse(output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1]);
        Assert.True(report.RootElement.GetProperty("passages")[0].GetProperty("pieces").GetArrayLength() > 1);
        using var numbers = JsonDocument.Parse(File.ReadAllText(folder["routes/routes/routes.json"]));
        Assert.Equal(2, numbers.RootElement.GetProperty("routers").GetArrayLength());
    }

    [Theory]
    [InlineData(2, "no value", "--text", "")]
    [InlineData(2, "no router", "--layer", "9")]
    [InlineData(3, "no such file", "--data", "nowhere.txt")]
    [InlineData(2, "task", "--text", "a", "--text-task", "code")]
    public void A_bad_request_is_refused(int code, string expected, params string[] options)
    {
        Assert.Equal(code, Run(["routes", folder.Model, .. options.Contains("--data") ? Array.Empty<string>() : ["--data", folder.Text], .. options]));
        Assert.Contains(expected, error.ToString(), StringComparison.Ordinal);
    }
}

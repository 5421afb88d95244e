using System.Globalization;
using System.Text.Json;
using Moesaic.Cli.Tests.Ui;
using Moesaic.Cli.Ui;
using Moesaic.Cli.Verbs;

namespace Moesaic.Cli.Tests.Verbs;

public sealed class DoctorVerbTests
{
    readonly StringWriter output = new(CultureInfo.InvariantCulture) { NewLine = "\n" };
    readonly StringWriter error = new(CultureInfo.InvariantCulture) { NewLine = "\n" };

    int Run(params string[] args) => new App(
        [new DoctorVerb()],
        (json, _) => json ? new JsonView(output, error, new FakeTime()) : ViewChoice.For(output, error, plainOutput: true, plainError: true, new FakeTime()))
        .Run(["doctor", .. args], output, error);

    [Fact]
    public void People_read_rates_and_tables()
    {
        Assert.Equal(0, Run());
        Assert.Matches(@"(?m)^read_bandwidth +[\d.]+ [MGT]B/s$", output.ToString());
        Assert.Matches("(?m)^level +in use +FMA peak", output.ToString());
        Assert.Contains("Decoding at most (tokens/s)", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Programs_read_one_report()
    {
        Assert.Equal(0, Run("--json"));
        using var report = JsonDocument.Parse(output.ToString().TrimEnd().Split('\n')[^1]);
        Assert.Equal("report", report.RootElement.GetProperty("event").GetString());
        Assert.Equal("doctor", report.RootElement.GetProperty("verb").GetString());
        Assert.Contains(report.RootElement.GetProperty("figures").EnumerateArray(),
            f => f.GetProperty("key").GetString() == "fma_peak" && f.GetProperty("value").GetDouble() > 0 && f.GetProperty("unit").GetString() == "GFLOP/s");
    }
}

namespace Moesaic.Packages.Tests;

public class SampleTests
{
    static readonly Dictionary<string, string?> Environment = [];

    public static TheoryData<string> Samples => [.. Directory.GetFiles(Path.Combine(Repository.Root, "samples"), "*.cs").Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_says_how_it_is_run_and_compiles(string sample)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples", sample));
        Assert.Contains($"dotnet run -c Release samples/{sample} -- models/demo", text, StringComparison.Ordinal);
        await Dotnet.Run(Repository.Root, Environment, "build", "-c", "Release", $"samples/{sample}");
    }

    [Fact]
    public async Task Functions_are_called()
    {
        var lines = (await Dotnet.Run(Repository.Root, Environment, "run", "-c", "Release", "samples/tools.cs", "--", Repository.DemoModel)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches(@"^weather\(tomorrow: (True\) = rain|False\) = sun)$", lines[0].TrimEnd());
        Assert.Contains("umbrella", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_conversation_goes_on()
    {
        var output = await Dotnet.Execute("dotnet", Repository.Root, Environment, "What is a list?\nAnd a span?\n", "run", "-c", "Release", "samples/chat.cs", "--", Repository.DemoModel);
        var figures = output.Split('\n').Where(l => l.Contains("tokens read", StringComparison.Ordinal)).ToList();
        Assert.Equal(2, figures.Count);
        Assert.Contains(" 0 of them known", figures[0], StringComparison.Ordinal);
        Assert.DoesNotContain(" 0 of them known", figures[1], StringComparison.Ordinal);
    }
}

using System.IO.Compression;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Moesaic.Packages.Tests;

public partial class PackageTests(LocalFeed feed) : IClassFixture<LocalFeed>
{
    [Fact]
    public void Every_project_of_the_product_is_a_package()
    {
        var projects = Directory.GetDirectories(Path.Combine(Repository.Root, "src")).Select(p => Path.GetFileName(p)!).Select(n => n == "Moesaic.Cli" ? "moesaic" : n);
        Assert.Equal(projects.Select(n => $"{n}.{LocalFeed.Version}").Order(StringComparer.Ordinal),
            Directory.GetFiles(feed.Packages, "*.nupkg").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        Assert.Equal(projects.Count(), Directory.GetFiles(feed.Packages, "*.snupkg").Length);
    }

    [Fact]
    public void Packages_say_what_they_are()
    {
        foreach (var file in Directory.GetFiles(feed.Packages, "*.nupkg"))
        {
            using var package = ZipFile.OpenRead(file);
            var description = XDocument.Load(package.Entries.Single(e => e.Name.EndsWith(".nuspec", StringComparison.Ordinal)).Open());
            string? Value(string name) => description.Descendants().SingleOrDefault(e => e.Name.LocalName == name)?.Value;
            Assert.Equal("MIT", Value("license"));
            Assert.Equal("package.md", Value("readme"));
            Assert.Contains(package.Entries, e => e.FullName == "package.md");
            Assert.InRange(Value("description")!.Length, 40, 300);
            Assert.DoesNotContain("Package Description", Value("description"), StringComparison.Ordinal);
            Assert.InRange(package.Entries.Sum(e => e.CompressedLength), 0, 12_000_000);
            Assert.Single(package.Entries, e => e.FullName.EndsWith($"/{Path.GetFileName(file)[..^$".{LocalFeed.Version}.nupkg".Length]}.dll", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task The_code_of_the_read_me_streams_an_answer_in_an_empty_project()
    {
        var folder = Directory.CreateDirectory(Path.Combine(feed.Place, "app")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "app.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Moesaic.Extensions.AI" Version="{LocalFeed.Version}" />
              </ItemGroup>
            </Project>
            """);
        var code = Code().Match(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "package.md"))).Groups[1].Value;
        Assert.InRange(code.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length, 1, 15);
        Assert.Contains("models/demo", code, StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(folder, "Program.cs"), code.Replace("models/demo", Repository.DemoModel.Replace('\\', '/'), StringComparison.Ordinal));
        var answer = await Dotnet.Run(folder, feed.Environment, "run", "-c", "Release");
        Assert.InRange(answer.Length, 10, 10_000);
    }

    [Fact]
    public async Task The_tool_installs_and_brings_its_model()
    {
        var tools = Path.Combine(feed.Place, "tools");
        await Dotnet.Run(feed.Place, feed.Environment, "tool", "install", "moesaic", "--version", LocalFeed.Version, "--tool-path", tools);
        var moesaic = Path.Combine(tools, OperatingSystem.IsWindows() ? "moesaic.exe" : "moesaic");
        Assert.StartsWith(LocalFeed.Version, await Dotnet.Execute(moesaic, feed.Place, feed.Environment, "", "--version"), StringComparison.Ordinal);
        // The docstrings of options lie beside the assemblies.
        Assert.Contains("A split_plan.json to apply as it is", await Dotnet.Execute(moesaic, feed.Place, feed.Environment, "", "recipes", "keys"), StringComparison.Ordinal);
        var model = Directory.GetDirectories(tools, "demo", SearchOption.AllDirectories).Single(d => d.EndsWith(Path.Combine("models", "demo"), StringComparison.Ordinal));
        Assert.Contains("3,410,176", await Dotnet.Execute(moesaic, feed.Place, feed.Environment, "", "inspect", model, "--plain"), StringComparison.Ordinal);
    }

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Code();
}

using System.Xml.Linq;

namespace Moesaic.Packages.Tests;

/// <summary>The packages of this build in a folder, and an empty place to use them from, where nothing else of Moesaic is known.</summary>
public sealed class LocalFeed : IAsyncLifetime
{
    readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("moesaic-packages-");

    public string Packages => Path.Combine(folder.FullName, "feed");

    public string Place => Path.Combine(folder.FullName, "place");

    /// <summary>Of the processes there: a cache of packages of their own, and output beside their project.</summary>
    public IReadOnlyDictionary<string, string?> Environment => new Dictionary<string, string?>
    {
        ["NUGET_PACKAGES"] = Path.Combine(folder.FullName, "cache"), ["DOTNET_CLI_HOME"] = folder.FullName, ["ArtifactsPath"] = null,
    };

    public static string Version { get; } = XDocument.Load(Path.Combine(Repository.Root, "Directory.Build.props")).Descendants("Version").Single().Value;

    public async ValueTask InitializeAsync()
    {
        // .../artifacts/bin/Moesaic.Packages.Tests/release
        var output = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        var (artifacts, configuration) = (output.Parent!.Parent!.Parent!.FullName, output.Name);
        await Dotnet.Run(Repository.Root, new Dictionary<string, string?>(),
            "pack", "Moesaic.slnx", "--no-build", "-c", configuration == "debug" ? "Debug" : "Release", $"-p:ArtifactsPath={artifacts}", "-o", Packages);
        Directory.CreateDirectory(Place);
        // Packages of others that the build restored are not fetched again.
        var known = System.Environment.GetEnvironmentVariable("NUGET_PACKAGES")
            ?? Path.Combine(System.Environment.GetFolderPath(System.Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await File.WriteAllTextAsync(Path.Combine(Place, "nuget.config"), $"""
            <configuration>
              <packageSources><clear /><add key="here" value="{Packages}" /><add key="nuget.org" value="https://api.nuget.org/v3/index.json" /></packageSources>
              <packageSourceMapping>
                <packageSource key="here"><package pattern="Moesaic*" /></packageSource>
                <packageSource key="nuget.org"><package pattern="*" /></packageSource>
              </packageSourceMapping>
              <fallbackPackageFolders><clear /><add key="known" value="{known}" /></fallbackPackageFolders>
            </configuration>
            """);
    }

    public ValueTask DisposeAsync()
    {
        folder.Delete(recursive: true);
        return ValueTask.CompletedTask;
    }
}

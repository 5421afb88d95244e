using System.Runtime.InteropServices;
using Moesaic.Formats;

namespace Moesaic.Text.Corpora;

/// <summary>
/// Finds the pack on any machine that has the SDK: the folder asked for, else the one MOESAIC_DOTNET_REF names, else the
/// highest 10.0.x below any .NET root, else the highest 10.0.x in NuGet's package folder.
/// </summary>
/// <param name="variable">Reads an environment variable.</param>
/// <param name="roots">.NET roots in order of preference; absent ones are skipped.</param>
/// <param name="packages">NuGet's global package folder.</param>
sealed class RefPackLocator(Func<string, string?> variable, IReadOnlyList<string> roots, string packages)
{
    internal const string Variable = "MOESAIC_DOTNET_REF";
    const string Framework = "net10.0";

    internal static RefPackLocator OfThisMachine()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } set
            ? set : Path.Combine(home, ".nuget", "packages");
        return new(Environment.GetEnvironmentVariable, [.. RootsOfThisMachine(home)], packages);
    }

    internal RefPack Find(string? path, Version? version)
    {
        if (path is not null)
            return Explicit(path, version, "The folder asked for");
        if (variable(Variable) is { Length: > 0 } named)
            return Explicit(named, version, $"The folder that {Variable} names");
        var sdk = roots.Select(root => Path.Combine(root, "packs", "Microsoft.NETCore.App.Ref"));
        return Best(sdk, version) ?? Best([Path.Combine(packages, "microsoft.netcore.app.ref")], version)
            ?? throw Missing(version);
    }

    /// <summary>A folder given by hand may hold the XML files itself, be one version of a pack, or be the whole pack.</summary>
    static RefPack Explicit(string path, Version? version, string what)
    {
        if (!Directory.Exists(path))
            throw new BadModelException($"{what}, {path}, does not exist.");
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (HasDocumentation(full))
            return Checked(new(full, VersionAbove(full)));
        if (OfVersionFolder(full) is { } one)
            return Checked(one);
        return Best([full], version) ?? throw new BadModelException(
            $"{what}, {path}, has no XML documentation: expected *.xml there, in ref/{Framework}, or in "
            + $"{Wanted(version)}/ref/{Framework} below it.");

        RefPack Checked(RefPack pack) => version is null || pack.Version == version ? pack
            : throw new BadModelException($"{what}, {path}, is version {pack.Version?.ToString() ?? "unknown"}, not {version}.");
    }

    static RefPack? Best(IEnumerable<string> packs, Version? version) => packs
        .Where(Directory.Exists)
        .SelectMany(Directory.EnumerateDirectories)
        .Select(OfVersionFolder)
        .OfType<RefPack>()
        .Where(pack => version is null ? pack.Version is { Major: 10, Minor: 0 } : pack.Version == version)
        .MaxBy(pack => pack.Version);

    static RefPack? OfVersionFolder(string folder)
    {
        var docs = Path.Combine(folder, "ref", Framework);
        return Version.TryParse(Path.GetFileName(folder), out var version) && HasDocumentation(docs)
            ? new(docs, version) : null;
    }

    static bool HasDocumentation(string folder) =>
        Directory.Exists(folder) && Directory.EnumerateFiles(folder, "*.xml").Any();

    static Version? VersionAbove(string docs) =>
        Path.GetDirectoryName(Path.GetDirectoryName(docs)) is { } folder
        && Version.TryParse(Path.GetFileName(folder), out var version) ? version : null;

    static IEnumerable<string> RootsOfThisMachine(string home)
    {
        if (Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root)
            yield return root;
        if (Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet")
            yield return RealFolder(host);
        // <root>/shared/Microsoft.NETCore.App/<version>/
        yield return Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var name = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
        if (onPath is not null)
            yield return RealFolder(onPath);
        if (OperatingSystem.IsWindows())
            yield return Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet");
        else
            foreach (var known in (string[])["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet",
                "/usr/local/share/dotnet", "/opt/dotnet", "/snap/dotnet-sdk/current"])
                yield return known;
        yield return Path.Combine(home, ".dotnet");
    }

    static string RealFolder(string file) =>
        Path.GetDirectoryName(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file)!;

    BadModelException Missing(Version? version) => new(
        $"The XML documentation of .NET, version {Wanted(version)}, is not on this machine. It comes with the .NET 10 "
        + "SDK (not with the runtime alone): run `dotnet --list-sdks`, install one from https://dot.net/download, or set "
        + $"{Variable} to a folder of Microsoft.NETCore.App.Ref. Looked for packs/Microsoft.NETCore.App.Ref in "
        + $"{string.Join(", ", roots.Distinct())}, and for microsoft.netcore.app.ref in {packages}.");

    static string Wanted(Version? version) => version?.ToString() ?? "10.0.x";
}

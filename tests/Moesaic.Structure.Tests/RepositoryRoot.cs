using System.Runtime.CompilerServices;

namespace Moesaic.Structure.Tests;

/// <summary>Where the checkout is, wherever its binaries were built to.</summary>
static class RepositoryRoot
{
    public static string Path { get; } = Find();

    static string Find([CallerFilePath] string here = "")
    {
        for (var folder = Directory.GetParent(here); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Moesaic.slnx"))) return folder.FullName;
        throw new InvalidOperationException($"Moesaic.slnx was not found above {here}; were the sources moved after the build?");
    }
}

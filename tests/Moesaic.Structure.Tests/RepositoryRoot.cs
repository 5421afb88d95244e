namespace Moesaic.Structure.Tests;

/// <summary>Finds the checkout from the test's own folder.</summary>
static class RepositoryRoot
{
    public static string Path { get; } = Find();

    static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Moesaic.slnx"))) return folder.FullName;
        // Artifacts built outside the checkout: the working folder is then inside it.
        for (var folder = new DirectoryInfo(Environment.CurrentDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "Moesaic.slnx"))) return folder.FullName;
        throw new InvalidOperationException("Moesaic.slnx was not found above the test's folder");
    }
}

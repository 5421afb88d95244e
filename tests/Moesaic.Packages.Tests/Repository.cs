using System.Runtime.CompilerServices;

namespace Moesaic.Packages.Tests;

static class Repository
{
    public static string Root { get; } = Find();

    public static string DemoModel => Path.Combine(Root, "models", "demo");

    static string Find([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}

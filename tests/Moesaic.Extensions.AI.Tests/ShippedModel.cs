using System.Runtime.CompilerServices;

namespace Moesaic.Extensions.AI.Tests;

/// <summary>The model in models/demo.</summary>
static class ShippedModel
{
    public static string Folder { get; } = Path.Combine(Repository(), "models", "demo");

    public static string Template(string name) => File.ReadAllText(Path.Combine(Repository(), "tests", "Moesaic.Text.Tests", "Golden", "Chat", "templates", name + ".jinja"));

    public static string Repository([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", ".."));
}

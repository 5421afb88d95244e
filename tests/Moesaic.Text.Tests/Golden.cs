using System.Text.Json;

namespace Moesaic.Text.Tests;

/// <summary>Files made by outside implementations; the script that made each lies beside it.</summary>
static class Golden
{
    public static string Path(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, "Golden", name);

    public static JsonElement Json(string name) => JsonDocument.Parse(File.ReadAllBytes(Path(name))).RootElement;
}

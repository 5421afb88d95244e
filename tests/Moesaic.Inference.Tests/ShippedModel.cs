using System.Runtime.CompilerServices;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Inference.Tests;

/// <summary>The model in models/demo.</summary>
static class ShippedModel
{
    public static string Folder { get; } = Find();

    public static Model Load() => ModelFolder.Load(Folder).Model;

    static string Find([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "models", "demo"));
}

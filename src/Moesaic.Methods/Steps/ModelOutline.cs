using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Methods.Steps;

/// <summary>What is known of a model before any weight is touched; a plan hands it from step to step.</summary>
/// <param name="Config">config.json of the model, or of the model that an earlier step is going to write.</param>
/// <param name="WeightBytes">Size of the weights on disk, in bytes.</param>
public sealed record ModelOutline(JsonObject Config, long WeightBytes)
{
    /// <summary>Reads config.json and the sizes of the weight files of a folder.</summary>
    /// <exception cref="BadModelException">It is no model folder.</exception>
    public static ModelOutline Read(string folder) => new(
        HfFolder.OpenConfig(folder).ToJson(),
        new DirectoryInfo(folder).EnumerateFiles("*.safetensors").Sum(f => f.Length));
}

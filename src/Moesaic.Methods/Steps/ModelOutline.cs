using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Steps;

/// <summary>What is known of a model before any weight is touched; a plan hands it from step to step.</summary>
/// <param name="Config">config.json of the model, or of the model that an earlier step is going to write.</param>
/// <param name="WeightBytes">Size of the weights on disk, in bytes.</param>
public sealed record ModelOutline(JsonObject Config, long WeightBytes)
{
    /// <summary>Reads config.json and the sizes of the weight files of a folder, or what a GGUF file says instead.</summary>
    /// <exception cref="BadModelException">It is no model.</exception>
    public static ModelOutline Read(string folder) => GgufFile.Is(folder) ? ReadGguf(folder) : new(
        HfFolder.OpenConfig(folder).ToJson(),
        new DirectoryInfo(folder).EnumerateFiles("*.safetensors").Sum(f => f.Length));

    static ModelOutline ReadGguf(string path)
    {
        var spec = ModelFolder.ReadSpec(path);
        return new(ArchitectureRegistry.MostStandard(spec, out _).WriteConfig(spec, TensorType.F16), GgufParts.Names(path).Sum(p => new FileInfo(p).Length));
    }
}

using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Architectures;
using Moesaic.Models.Gguf;

namespace Moesaic.Models.Loading;

/// <summary>Models from GGUF files.</summary>
static class GgufModel
{
    public static ModelSpec ReadSpec(string path)
    {
        using var file = GgufFile.Open(path);
        return GgufArchitectures.ReadSpec(file);
    }

    /// <summary>Reads a model; all weights become float32.</summary>
    public static LoadedModel Load(string path)
    {
        using var weights = GgufWeights.Open(path);
        var model = new Model(weights.Spec);
        try
        {
            foreach (var parameter in model.Parameters) weights.Read(weights.Find(parameter.Name), 0, parameter.Value.Span);
        }
        catch
        {
            model.Dispose();
            throw;
        }
        var encodings = weights.Parameters.Where(p => p.Rows > 1).Select(p => p.Encoding!.Value).Distinct().ToList();
        return new LoadedModel(model, ArchitectureRegistry.MostStandard(weights.Spec, out _), TypeOf(encodings), weights.Bytes, weights.Notes);
    }

    /// <summary>The plain type that holds what is stored without needless bytes; blocks of a few bits and a half-precision scale fit half precision best.</summary>
    static TensorType TypeOf(IReadOnlyList<WeightEncoding> encodings) =>
        encodings.Contains(WeightEncoding.F32) && encodings.All(e => e == WeightEncoding.F32) ? TensorType.F32
        : encodings.Contains(WeightEncoding.BF16) ? TensorType.BF16 : TensorType.F16;
}

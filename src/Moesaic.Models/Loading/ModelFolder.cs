using Moesaic.Formats;
using Moesaic.Models.Architectures;
using Moesaic.Models.Gguf;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Loading;

/// <summary>A model read from a folder or file.</summary>
/// <param name="Model">The model.</param>
/// <param name="Layout">The layout it was stored in: "mixtral", "llama in GGUF".</param>
/// <param name="StoredType">
/// Type of the stored numbers (of the first tensor); of a GGUF file the plain type that comes closest.
/// </param>
/// <param name="WeightBytes">Bytes of all stored tensors.</param>
/// <param name="Notes">What was skipped and why; keys of config.json that were not needed.</param>
public sealed record LoadedModel(
    Model Model, string Layout, TensorType StoredType, long WeightBytes, IReadOnlyList<string> Notes) : IDisposable
{
    /// <summary>Frees the model.</summary>
    public void Dispose() => Model.Dispose();
}

/// <summary>Models from and to Hugging Face folders, and from GGUF files.</summary>
public static class ModelFolder
{
    /// <summary>Reads the shape alone, without weights.</summary>
    /// <param name="folder">A Hugging Face folder or a GGUF file.</param>
    public static ModelSpec ReadSpec(string folder)
    {
        if (GgufFile.Is(folder)) return ReadGgufSpec(folder);
        var config = HfFolder.OpenConfig(folder);
        return ArchitectureRegistry.Of(config).ReadSpec(config);
    }

    static ModelSpec ReadGgufSpec(string path)
    {
        using var file = GgufFile.Open(path);
        return GgufArchitectures.ReadSpec(file);
    }

    /// <summary>Reads a model.</summary>
    /// <param name="path">A Hugging Face folder or a GGUF file.</param>
    /// <param name="storage">How weights are kept in memory. Default: as float32.</param>
    /// <exception cref="BadModelException">
    /// It is damaged, the architecture unknown, tensors are missing, left over, of the wrong shape or not finite.
    /// </exception>
    public static LoadedModel Load(string path, WeightStorage storage = WeightStorage.Float32)
    {
        using var weights = StoredWeights.Open(path);
        List<string> notes = [.. weights.Notes];
        return new LoadedModel(StoredModel.Read(weights, storage, notes), weights.Layout, weights.PlainType, weights.Bytes, notes);
    }

    /// <summary>Writes a model in the most standard layout that holds it exactly.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="folder">Made; appears complete or not at all.</param>
    /// <param name="options">Number type, side files, model card.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    /// <returns>The layout, and why more standard ones were not taken.</returns>
    public static SavedModel Save(Model model, string folder, SaveOptions options, CancellationToken cancellation = default)
    {
        IReadOnlyList<string> refused = [];
        var architecture = options.ModelType is { } name
            ? ArchitectureRegistry.Named(name, model.Spec)
            : ArchitectureRegistry.MostStandard(model.Spec, out refused);
        var scales = architecture.CarriesScale ? [] : FoldedScales(model);
        var byName = architecture.InterleavesExperts ? model.Parameters.ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal) : [];
        var content = new HfFolderContent
        {
            Config = architecture.WriteConfig(model.Spec, options.Type),
            Tensors =
            [
                .. model.Parameters.Where(p => !architecture.InterleavesExperts || p.Role != ParameterRole.Experts).Select(p =>
                    Source(p, architecture.TensorName(p.Name), p.Role == ParameterRole.SelectionBias ? TensorType.F32 : options.Type,
                        scales.GetValueOrDefault(p.Value, 1f))),
                .. architecture.InterleavesExperts ? InterleavedExperts.Sources(model.Spec, options.Type, Scaled) : [],
            ],
            SideFilesFrom = options.SideFilesFrom,
            ExtraFiles = options.ExtraFiles,
            ModelCard = options.ModelCard,
        };
        HfFolderWriter.Write(folder, content, options.Folder, cancellation);
        return new SavedModel(architecture, content.Tensors.Sum(t => t.ByteLength), refused);

        float[] Scaled(string name)
        {
            var values = byName[name].Span.ToArray();
            if (scales.TryGetValue(byName[name], out var scale)) TensorPrimitives.Multiply(values, scale, values);
            return values;
        }
    }

    static TensorSource Source(ModelParameter parameter, string name, TensorType type, float scale)
    {
        var value = parameter.Value;
        ReadOnlySpan<long> shape = parameter.IsVector ? [value.Columns] : [value.Rows, value.Columns];
        return new TensorSource(name, type, shape, sink =>
        {
            if (scale == 1f)
            {
                sink.WriteFloats(value.Span);
                return;
            }
            var row = new float[value.Columns];
            for (var r = 0; r < value.Rows; r++)
            {
                TensorPrimitives.Multiply(value.Row(r), scale, row);
                sink.WriteFloats(row);
            }
        });
    }

    // The scale of the combine weights goes into the routed experts' down projections and their biases: Σ s wⱼ Eⱼ(x) = Σ wⱼ (s Eⱼ)(x).
    static Dictionary<WeightMatrix, float> FoldedScales(Model model) =>
        model.Mixtures.SelectMany(m => m.Experts.Downs.Concat(m.Experts.Biases?.Downs ?? []).Select(down => (down, m.Router.Spec.Scale)))
            .ToDictionary(p => p.down, p => p.Scale);
}

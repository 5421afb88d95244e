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

/// <summary>Puts something in the place of a matrix while a model is read: an adapter beside it, another precision.</summary>
/// <param name="name">As in <see cref="ModelParameter.Name"/>.</param>
/// <param name="role">What it is for.</param>
/// <param name="matrix">As read; owned by what takes its place.</param>
/// <returns>A matrix of the same shape; the given one to leave it.</returns>
public delegate WeightMatrix MatrixChange(string name, ParameterRole role, WeightMatrix matrix);

/// <summary>Models from and to Hugging Face folders, and from GGUF files.</summary>
public static class ModelFolder
{
    /// <summary>Reads the shape alone, without weights.</summary>
    /// <param name="folder">A Hugging Face folder or a GGUF file.</param>
    public static ModelSpec ReadSpec(string folder)
    {
        if (GgufFile.Is(folder)) return ReadGgufSpec(folder);
        if (AdapterFolder.Is(folder)) return ReadSpec(AdapterFolder.BaseOf(folder));
        var config = HfFolder.OpenConfig(folder);
        return ArchitectureRegistry.Of(config).ReadSpec(config);
    }

    static ModelSpec ReadGgufSpec(string path)
    {
        using var file = GgufFile.Open(path);
        return GgufArchitectures.ReadSpec(file);
    }

    /// <summary>Reads a model.</summary>
    /// <param name="path">A Hugging Face folder, a GGUF file, or the folder of an adapter (<see cref="AdapterFolder"/>).</param>
    /// <param name="storage">How weights are kept in memory. Default: as float32.</param>
    /// <param name="change">What is put in the place of a matrix as it is read; null leaves all as they are.</param>
    /// <param name="selection">What of it is read; null: all. What a selection leaves out is checked to be there and never read.</param>
    /// <exception cref="BadModelException">
    /// It is damaged, the architecture unknown, tensors are missing, left over, of the wrong shape or not finite.
    /// </exception>
    /// <param name="policies">What takes the place of the routing policies of what is read; null: nothing.</param>
    /// <exception cref="BadRequestException">The selection does not fit the model, or a policy a router; see <see cref="SelectedWeights"/>.</exception>
    public static LoadedModel Load(string path, WeightStorage storage = WeightStorage.Float32, MatrixChange? change = null,
        ExpertSelection? selection = null, RoutingPolicies? policies = null)
    {
        var whole = selection is null && policies is null;
        if (whole && storage == WeightStorage.Stored && AdapterFolder.Is(path)) return AdapterFolder.LoadBeside(path, change);
        using var weights = whole ? StoredWeights.Open(path) : new SelectedWeights(StoredWeights.Open(path), selection, policies);
        List<string> notes = [.. weights.Notes];
        return new LoadedModel(StoredModel.Read(weights, storage, notes, change), weights.Layout, weights.PlainType, weights.Bytes, notes);
    }

    /// <summary>Writes a model in the most standard layout that holds it exactly.</summary>
    /// <param name="model">Not changed.</param>
    /// <param name="folder">Made; appears complete or not at all.</param>
    /// <param name="options">Number type, side files, model card.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    /// <returns>The layout, and why more standard ones were not taken.</returns>
    public static SavedModel Save(Model model, string folder, SaveOptions options, CancellationToken cancellation = default)
    {
        var scales = FoldedScales(model);
        return Write(model.Spec, model.Parameters, folder, options, parameter => (parameter.Matrix, scales.GetValueOrDefault(parameter.Matrix, 1f)), cancellation);
    }

    /// <summary>Writes a model that is there in pieces, of which one is in memory at a time: the same bytes as <see cref="Save(Model, string, SaveOptions, CancellationToken)"/>.</summary>
    /// <param name="pieces">The model.</param>
    /// <param name="folder">Made; appears complete or not at all.</param>
    /// <param name="options">Number type, side files, model card.</param>
    /// <param name="cancellation">Stops between pieces of a tensor; nothing is left behind.</param>
    public static SavedModel Save(ModelPieces pieces, string folder, SaveOptions options, CancellationToken cancellation = default)
    {
        using var outline = new Model(pieces.Spec, (_, _, rows, columns) => new AbsentMatrix(rows, columns));
        Model? piece = null;
        var (place, scales) = ("", new Dictionary<WeightMatrix, float>());
        try
        {
            return Write(pieces.Spec, outline.Parameters, folder, options, parameter =>
            {
                var value = Take(parameter).Parameters.First(p => p.Name == NameInPiece(parameter)).Matrix;
                return (value, scales.GetValueOrDefault(value, 1f));
            }, cancellation);
        }
        finally
        {
            piece?.Dispose();
        }

        static string NameInPiece(ModelParameter parameter) => ModelPieces.IsOfLayer(parameter.Name, out _, out var name) ? name : parameter.Name;

        Model Take(ModelParameter parameter)
        {
            var ofLayer = ModelPieces.IsOfLayer(parameter.Name, out var layer, out _);
            var wanted = ofLayer ? $"layer {layer}" : parameter.Role == ParameterRole.Embeddings ? "embedding" : "head";
            if (wanted == place) return piece!;
            piece?.Dispose();
            piece = null;
            piece = ofLayer ? pieces.Layer(layer) : wanted == "embedding" ? pieces.Embedding() : pieces.Head();
            (place, scales) = (wanted, FoldedScales(piece));
            return piece;
        }
    }

    // find: the values of a parameter and the factor that goes into them where the layout has no place for it.
    static SavedModel Write(ModelSpec spec, IReadOnlyList<ModelParameter> parameters, string folder, SaveOptions options,
        Func<ModelParameter, (WeightMatrix Value, float Scale)> find, CancellationToken cancellation)
    {
        IReadOnlyList<string> refused = [];
        var architecture = options.ModelType is { } name
            ? ArchitectureRegistry.Named(name, spec)
            : ArchitectureRegistry.MostStandard(spec, out refused);
        var byName = parameters.ToDictionary(p => p.Name, StringComparer.Ordinal);
        var microscaled = architecture.InterleavesExperts && options.Encoded is { } encoded && MicroscaledExperts.Are(encoded) ? encoded : null;
        var config = architecture.WriteConfig(spec, options.Type);
        if (microscaled is not null) config["quantization_config"] = MicroscaledExperts.Config;
        var content = new HfFolderContent
        {
            Config = config,
            Tensors =
            [
                .. parameters.Where(p => !architecture.InterleavesExperts || p.Role != ParameterRole.Experts).Select(p => new TensorSource(
                    architecture.TensorName(p.Name), p.Role == ParameterRole.SelectionBias ? TensorType.F32 : options.Type,
                    p.IsVector ? [p.Matrix.Columns] : [p.Matrix.Rows, p.Matrix.Columns], sink => Deliver(Scaled(p), sink))),
                .. architecture.InterleavesExperts ? InterleavedExperts.Sources(spec, options.Type, wanted => Values(Scaled(byName[wanted])), microscaled) : [],
            ],
            SideFilesFrom = options.SideFilesFrom,
            ExtraFiles = options.ExtraFiles,
            ModelCard = options.ModelCard,
        };
        HfFolderWriter.Write(folder, content, options.Folder, cancellation);
        return new SavedModel(architecture, content.Tensors.Sum(t => t.ByteLength), refused) { KeptBlocks = microscaled is not null };

        (WeightMatrix Value, float Scale) Scaled(ModelParameter parameter) => architecture.CarriesScale ? (find(parameter).Value, 1f) : find(parameter);
    }

    static float[] Values((WeightMatrix Value, float Scale) parameter)
    {
        var (value, scale) = parameter;
        var values = new float[value.Rows * value.Columns];
        for (var r = 0; r < value.Rows; r++) Row(value, r, scale, values.AsSpan(r * value.Columns, value.Columns));
        return values;
    }

    static void Deliver((WeightMatrix Value, float Scale) parameter, TensorSink sink)
    {
        var (value, scale) = parameter;
        if (scale == 1f && value.Master is { } values)
        {
            sink.WriteFloats(values.Span);
            return;
        }
        var row = new float[value.Columns];
        for (var r = 0; r < value.Rows; r++)
        {
            Row(value, r, scale, row);
            sink.WriteFloats(row);
        }
    }

    // What an optimiser changes is written as it is, not as products round it; an adapter becomes part of its matrix.
    static void Row(WeightMatrix matrix, int row, float scale, Span<float> values)
    {
        (matrix.Master ?? matrix).DecodeRow(row, values);
        if (scale != 1f) TensorPrimitives.Multiply(values, scale, values);
    }

    // The scale of the combine weights goes into the routed experts' down projections and their biases: Σ s wⱼ Eⱼ(x) = Σ wⱼ (s Eⱼ)(x).
    static Dictionary<WeightMatrix, float> FoldedScales(Model model) =>
        model.Mixtures.SelectMany(m => m.Experts.Downs.Concat(m.Experts.Biases?.Downs ?? []).Select(down => (down, m.Router.Spec.Scale)))
            .ToDictionary(p => p.down, p => p.Scale);
}

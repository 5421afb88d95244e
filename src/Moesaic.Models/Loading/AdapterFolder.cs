using Moesaic.Formats;
using Moesaic.Models.Architectures;
using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>
/// A trained adapter (LoRA) beside a reference to its model, in the layout of Hugging Face's PEFT: adapter_config.json and
/// adapter_model.safetensors. Ours also hold config.json and the tokenizer, so that they can be used as a model.
/// </summary>
public static class AdapterFolder
{
    internal const string WeightsName = "adapter_model.safetensors";

    const string Prefix = "base_model.model.", WeightSuffix = ".weight";

    /// <summary>Whether this is the folder of an adapter without the weights of a model.</summary>
    public static bool Is(string path) => File.Exists(Path.Combine(path, AdapterConfig.FileName))
        && !File.Exists(Path.Combine(path, TensorStore.SingleFileName)) && !File.Exists(Path.Combine(path, TensorStore.SingleFileName + ".index.json"));

    /// <summary>The model that the adapter belongs to.</summary>
    /// <exception cref="BadModelException">The adapter is damaged, or its model is not there.</exception>
    public static string BaseOf(string path)
    {
        var config = AdapterConfig.Load(path);
        if (!Path.Exists(config.BasePath))
            throw new BadModelException($"{Path.Combine(path, AdapterConfig.FileName)}: the model of this adapter, {config.BasePath}, is not there. " +
                "Put its place into base_model_name_or_path.");
        if (Is(config.BasePath)) throw new BadModelException($"{path}: the model of this adapter, {config.BasePath}, is an adapter itself; train that one with result: merged.");
        return config.BasePath;
    }

    /// <summary>
    /// Reads the model as stored, and beside its matrices, which stay encoded, the adapter as it is: rounding to that encoding again
    /// would lose most of it.
    /// </summary>
    internal static LoadedModel LoadBeside(string path, MatrixChange? change)
    {
        using var adapter = new AdapterFile(path);
        var count = 0;
        var loaded = ModelFolder.Load(adapter.Model, WeightStorage.Stored, (name, role, matrix) =>
        {
            if (adapter.Find(name, role, matrix.Rows, matrix.Columns) is { } factors)
            {
                count++;
                matrix = new AdaptedMatrix(matrix, factors.Down, factors.Up, factors.Scale);
            }
            return change is null ? matrix : change(name, role, matrix);
        });
        try
        {
            return loaded with
            {
                Notes = [.. loaded.Notes, .. adapter.Finish(),
                    $"the adapter of rank {adapter.Config.Rank} is kept beside {count} matrices of {adapter.Model}, which stay encoded as stored"],
                WeightBytes = loaded.WeightBytes + adapter.Bytes,
            };
        }
        catch
        {
            loaded.Dispose();
            throw;
        }
    }

    /// <summary>Writes the adapter of a model whose matrices were adapted as it was loaded.</summary>
    /// <param name="model">All adapters have one rank and one scale.</param>
    /// <param name="basePath">The model it was loaded from; must stay there.</param>
    /// <param name="folder">Made; appears complete or not at all.</param>
    /// <param name="options">Number type, files that are carried along.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    public static SavedModel Save(Model model, string basePath, string folder, SaveOptions options, CancellationToken cancellation = default)
    {
        var stored = Naming(basePath);
        var adapted = model.Parameters.Where(p => p.Matrix is AdaptedMatrix)
            .Select(p => (Name: stored(p.Name), Matrix: (AdaptedMatrix)p.Matrix)).ToList();
        var first = adapted[0].Matrix;
        var config = new AdapterConfig(Path.GetFullPath(basePath), first.Rank, first.Scale * first.Rank, Modules([.. adapted.Select(a => a.Name)],
            [.. model.Parameters.Where(p => !p.IsVector).Select(p => stored(p.Name))]));
        var architecture = ArchitectureRegistry.MostStandard(model.Spec, out _);
        var content = new HfFolderContent
        {
            Config = GgufFile.Is(basePath) ? architecture.WriteConfig(model.Spec, options.Type) : HfFolder.OpenConfig(basePath).ToJson(),
            Tensors =
            [
                .. adapted.SelectMany(a => new[]
                {
                    Source($"{Stem(a.Name)}.lora_A.weight", a.Matrix.Down, options.Type), Source($"{Stem(a.Name)}.lora_B.weight", a.Matrix.Up, options.Type),
                }),
            ],
            WeightsName = WeightsName,
            SideFilesFrom = options.SideFilesFrom,
            ExtraFiles = new Dictionary<string, byte[]>(options.ExtraFiles, StringComparer.Ordinal) { [AdapterConfig.FileName] = config.ToJson() },
            ModelCard = options.ModelCard,
        };
        HfFolderWriter.Write(folder, content, options.Folder, cancellation);
        return new SavedModel(architecture, content.Tensors.Sum(t => t.ByteLength), []);
    }

    static TensorSource Source(string name, Tensor factor, TensorType type) =>
        new(name, type, [factor.Rows, factor.Columns], sink => sink.WriteFloats(factor.Span));

    // Last parts of the names where they say all, whole names where others end alike.
    internal static IReadOnlyList<string> Modules(IReadOnlyList<string> adapted, IReadOnlyList<string> all)
    {
        var chosen = adapted.ToHashSet(StringComparer.Ordinal);
        var ends = adapted.Select(Last).ToHashSet(StringComparer.Ordinal);
        return all.Any(name => ends.Contains(Last(name)) && !chosen.Contains(name))
            ? [.. adapted.Select(name => Stem(name)[Prefix.Length..])] : [.. ends.Order(StringComparer.Ordinal)];

        static string Last(string name)
        {
            var stem = Stem(name);
            return stem[(stem.LastIndexOf('.') + 1)..];
        }
    }

    internal static string Stem(string stored) =>
        Prefix + (stored.EndsWith(WeightSuffix, StringComparison.Ordinal) ? stored[..^WeightSuffix.Length] : stored);

    // Our names to those of the base's layout.
    internal static Func<string, string> Naming(string basePath) =>
        GgufFile.Is(basePath) ? name => name : ArchitectureRegistry.Of(HfFolder.OpenConfig(basePath)).TensorName;
}

using Moesaic.Formats;
using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>The adapter of a folder, opened: its settings and its factors by the names that the model gives its matrices.</summary>
sealed class AdapterFile : IDisposable
{
    readonly TensorStore store;
    readonly WeightReader reader;
    readonly Func<string, string> stored;
    int found;

    public AdapterFile(string path)
    {
        (Config, Model) = (AdapterConfig.Load(path), AdapterFolder.BaseOf(path));
        stored = AdapterFolder.Naming(Model);
        var file = Path.Combine(path, AdapterFolder.WeightsName);
        if (!File.Exists(file)) throw new BadModelException($"{path} has no {AdapterFolder.WeightsName}.");
        store = TensorStore.Open(file);
        reader = new WeightReader(store);
    }

    /// <summary>adapter_config.json.</summary>
    public AdapterConfig Config { get; }

    /// <summary>Path of the model that the adapter belongs to.</summary>
    public string Model { get; }

    /// <summary>Of all factors.</summary>
    public long Bytes => store.TotalBytes;

    /// <summary>
    /// The factors of a matrix; null when it has none, or some of a shape that <see cref="Finish"/> complains of. Losses and embeddings read
    /// their matrix alone: an adapter there is left over.
    /// </summary>
    public AdapterFactors? Find(string name, ParameterRole role, int rows, int columns)
    {
        var stem = AdapterFolder.Stem(stored(name));
        var (downName, upName) = ($"{stem}.lora_A.weight", $"{stem}.lora_B.weight");
        if (role is ParameterRole.Head or ParameterRole.Embeddings || (!store.Contains(downName) && !store.Contains(upName))) return null;
        reader.Take(downName, Config.Rank, columns);
        reader.Take(upName, rows, Config.Rank);
        if (!Fits(downName, Config.Rank, columns) || !Fits(upName, rows, Config.Rank)) return null;
        found++;
        var factors = new AdapterFactors(new Tensor(Config.Rank, columns), new Tensor(rows, Config.Rank), Config.Scale);
        store.Read(downName, factors.Down.Span);
        store.Read(upName, factors.Up.Span);
        return factors;
    }

    bool Fits(string name, params ReadOnlySpan<long> shape) => store.Find(name) is { } info && info.Shape.SequenceEqual(shape) && info.Type.IsFloat();

    /// <summary>After all matrices were asked for.</summary>
    /// <exception cref="BadModelException">Factors are missing, left over or misshapen, or there are none.</exception>
    public IReadOnlyList<string> Finish()
    {
        var notes = reader.Finish();
        return found > 0 ? notes : throw new BadModelException($"{store.Path} holds no adapter.");
    }

    public void Dispose() => store.Dispose();
}

namespace Moesaic.Formats;

/// <summary>
/// A Hugging Face model folder, opened for reading: configuration, mapped weights, and the names of its side files.
/// </summary>
public sealed class HfFolder : IDisposable
{
    const string Expected = "A model folder holds config.json, model.safetensors (or shards with model.safetensors.index.json) "
        + "and the tokenizer's files.";

    HfFolder(string path, HfConfig config, TensorStore weights)
    {
        Path = path;
        Config = config;
        Weights = weights;
        SideFiles = Formats.SideFiles.In(path);
    }

    /// <summary>The full path.</summary>
    public string Path { get; }

    /// <summary>config.json.</summary>
    public HfConfig Config { get; }

    /// <summary>The weights; valid as long as this folder is not disposed.</summary>
    public TensorStore Weights { get; }

    /// <summary>Relative names of the files that travel with the model (<see cref="Formats.SideFiles"/>).</summary>
    public IReadOnlyList<string> SideFiles { get; }

    /// <summary>Opens a folder and checks the headers of its weights.</summary>
    /// <exception cref="BadModelException">It does not exist, is not a model folder, or is damaged.</exception>
    public static HfFolder Open(string path)
    {
        var config = OpenConfig(path);
        path = System.IO.Path.GetFullPath(path);
        return new HfFolder(path, config, TensorStore.Open(path));
    }

    /// <summary>Reads config.json alone, for planning without touching the weights.</summary>
    /// <exception cref="BadModelException">As for <see cref="Open"/>.</exception>
    public static HfConfig OpenConfig(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (File.Exists(path)) throw new BadModelException($"{path} is a file, a model folder is needed. {Expected}");
        if (!Directory.Exists(path)) throw new BadModelException($"The folder {path} does not exist. {Expected}");
        string config = System.IO.Path.Combine(path, "config.json");
        if (!File.Exists(config)) throw new BadModelException($"{path} has no config.json. {Expected}");
        return HfConfig.Load(config);
    }

    /// <summary>Unmaps the weights.</summary>
    public void Dispose() => Weights.Dispose();
}

using Moesaic.Kernels;

namespace Moesaic.Formats;

/// <summary>
/// The weights of a model folder, one file or many shards seen as one set of named tensors. Everything is mapped, nothing
/// copied; spans are valid until <see cref="Dispose"/>. Reading from several threads is safe.
/// </summary>
public sealed class TensorStore : IDisposable
{
    /// <summary>The name of an unsharded weights file.</summary>
    public const string SingleFileName = "model.safetensors";

    readonly List<SafetensorsFile> files;
    readonly Dictionary<string, (SafetensorsFile File, TensorInfo Info)> tensors = new(StringComparer.Ordinal);
    readonly List<string> notes = [];

    TensorStore(string path, List<SafetensorsFile> files)
    {
        Path = path;
        this.files = files;
        foreach (var file in files)
            foreach (var info in file.Tensors)
                if (!tensors.TryAdd(info.Name, (file, info)))
                    throw new BadModelException($"Tensor {info.Name} is in both "
                        + $"{tensors[info.Name].File.Path} and {file.Path}.");
    }

    /// <summary>The folder or file that was opened, as a full path.</summary>
    public string Path { get; }

    /// <summary>All tensors: files in ordinal order of their names, within a file the order of the bytes.</summary>
    public IEnumerable<TensorInfo> Tensors => files.SelectMany(f => f.Tensors);

    /// <summary>Files mapped, as full paths.</summary>
    public IEnumerable<string> Files => files.Select(f => f.Path);

    /// <summary>Bytes of all tensors together.</summary>
    public long TotalBytes => Tensors.Sum(t => t.ByteLength);

    /// <summary>Oddities that change nothing, worth telling the user: unlisted shards, a wrong total_size.</summary>
    public IReadOnlyList<string> Notes => notes;

    /// <summary>
    /// Opens a .safetensors file, or a folder that holds <c>model.safetensors</c> or
    /// <c>model.safetensors.index.json</c> with its shards (the single file wins, as in Hugging Face's loader).
    /// </summary>
    /// <exception cref="BadModelException">Missing or contradictory files, or a damaged one.</exception>
    public static TensorStore Open(string path)
    {
        path = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(path)) return Open(path, [path]);

        string single = System.IO.Path.Combine(path, SingleFileName);
        string index = System.IO.Path.Combine(path, ShardIndex.FileName);
        if (File.Exists(single))
        {
            var store = Open(path, [single]);
            if (File.Exists(index)) store.notes.Add($"{index} is not used, because {SingleFileName} is there.");
            store.NoteUnlisted();
            return store;
        }
        if (!File.Exists(index)) throw NoWeights(path);
        return OpenShards(path, index);
    }

    static TensorStore OpenShards(string folder, string indexPath)
    {
        var index = ShardIndex.Load(indexPath);
        string[] missing = [.. index.Files.Where(f => !File.Exists(System.IO.Path.Combine(folder, f)))];
        if (missing.Length > 0)
            throw new BadModelException($"{folder} is incomplete: {indexPath} names {missing.Length} missing "
                + $"shard(s): {string.Join(", ", missing)}.");

        var store = Open(folder, [.. index.Files.Select(f => System.IO.Path.Combine(folder, f))]);
        try
        {
            store.CheckAgainst(index, indexPath);
            store.NoteUnlisted();
            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    static TensorStore Open(string path, IEnumerable<string> filePaths)
    {
        var files = new List<SafetensorsFile>();
        try
        {
            foreach (string file in filePaths) files.Add(SafetensorsFile.Open(file));
            return new TensorStore(path, files);
        }
        catch
        {
            files.ForEach(f => f.Dispose());
            throw;
        }
    }

    static BadModelException NoWeights(string folder)
    {
        string[] names = [.. FilesOf(folder, "*").Select(f => System.IO.Path.GetFileName(f)!)];
        string[] pickled = [.. names.Where(n => System.IO.Path.GetExtension(n) is ".bin" or ".pt" or ".pth")];
        if (pickled.Length > 0)
            return new($"{folder} holds its weights only as {string.Join(", ", pickled)}: pickled PyTorch "
                + "files are not read, because they can run code. "
                + "Convert them to safetensors, e.g. with transformers' save_pretrained(safe_serialization=True).");
        string[] other = [.. names.Where(n => n.EndsWith(".safetensors", StringComparison.Ordinal))];
        if (other.Length > 0)
            return new($"{folder} holds {string.Join(", ", other)}, but neither {SingleFileName} nor "
                + $"{ShardIndex.FileName}: fetch the index or rename the file.");
        return new($"{folder} holds no weights: neither {SingleFileName} nor {ShardIndex.FileName} is there.");
    }

    void CheckAgainst(ShardIndex index, string indexPath)
    {
        foreach (var (name, file) in index.FileOf)
            if (!tensors.TryGetValue(name, out var found) || System.IO.Path.GetFileName(found.File.Path) != file)
                throw new BadModelException($"{indexPath} says that tensor {name} is in {file}, but it is "
                    + (found.File is null ? "nowhere." : $"in {found.File.Path}."));
        int unlisted = tensors.Count - index.FileOf.Count;
        if (unlisted > 0)
            notes.Add($"{unlisted} tensor(s) of the shards are not listed in {indexPath}; they are read all the same.");
        if (index.TotalSize is { } size && size != TotalBytes)
            notes.Add($"{indexPath} gives a total_size of {size} bytes; the tensors take {TotalBytes}.");
    }

    void NoteUnlisted()
    {
        var used = files.Select(f => f.Path).ToHashSet(StringComparer.Ordinal);
        foreach (string file in FilesOf(Path, "*.safetensors"))
            if (!used.Contains(file)) notes.Add($"{file} is not part of the model and is not read.");
    }

    static IEnumerable<string> FilesOf(string folder, string pattern) =>
        InputErrors.Explain(folder, () => Directory.GetFiles(folder, pattern)).Order(StringComparer.Ordinal);

    /// <summary>True when a tensor of that name exists.</summary>
    public bool Contains(string name) => tensors.ContainsKey(name);

    /// <summary>The tensor of that name, or null.</summary>
    public TensorInfo? Find(string name) => tensors.TryGetValue(name, out var found) ? found.Info : null;

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="BadModelException">There is none.</exception>
    public TensorInfo Info(string name) => Locate(name).Info;

    (SafetensorsFile File, TensorInfo Info) Locate(string name) =>
        tensors.TryGetValue(name, out var found) ? found : throw new BadModelException($"{Path} has no tensor {name}.");

    /// <summary>All bytes of a tensor, straight from the map.</summary>
    /// <exception cref="ArgumentException">The tensor is larger than a span can be (2 GiB): ask for slices.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var (file, info) = Locate(name);
        if (info.ByteLength > int.MaxValue)
            throw new ArgumentException($"{info} takes {info.ByteLength} bytes, more than a span holds; read "
                + "it in slices", nameof(name));
        return file.Bytes(info, 0, (int)info.ByteLength);
    }

    /// <summary>A slice of a tensor's bytes, straight from the map.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="offset">First byte, counted from the tensor's start.</param>
    /// <param name="length">Number of bytes.</param>
    public ReadOnlySpan<byte> Bytes(string name, long offset, int length)
    {
        var (file, info) = Locate(name);
        return file.Bytes(info, offset, length);
    }

    /// <summary>Reads a whole F32, F16, BF16 or F64 tensor as float32; F64 is rounded.</summary>
    /// <param name="name">The tensor.</param>
    /// <param name="destination">Exactly as long as the tensor has elements.</param>
    /// <param name="checkFinite">Refuse NaN and infinity (also what F64 becomes beyond float32), naming the first.</param>
    /// <exception cref="BadModelException">Absent, an integer type, or not finite.</exception>
    public void Read(string name, Span<float> destination, bool checkFinite = true)
    {
        var info = Info(name);
        if (info.ElementCount != destination.Length)
            throw new ArgumentException($"{info} has {info.ElementCount} elements, the destination "
                + $"{destination.Length}", nameof(destination));
        Read(name, 0, destination, checkFinite);
    }

    /// <summary>
    /// Reads consecutive elements of a tensor (row-major) as float32, like <see cref="Read(string, Span{float}, bool)"/>.
    /// </summary>
    /// <param name="name">The tensor.</param>
    /// <param name="first">Index of the first element in row-major order.</param>
    /// <param name="destination">As long as the elements wanted.</param>
    /// <param name="checkFinite">Refuse NaN and infinity, naming the first.</param>
    public void Read(string name, long first, Span<float> destination, bool checkFinite = true)
    {
        const int Piece = 1 << 20;
        var (file, info) = Locate(name);
        if (!info.Type.IsFloat())
            throw new BadModelException($"{info.File}: tensor {info} holds integers where a floating point "
                + "weight is needed; quantised checkpoints must be converted to BF16, F16 or F32 first.");
        int size = info.Type.ByteSize();
        for (int done = 0; done < destination.Length; done += Piece)
        {
            var piece = destination[done..Math.Min(done + Piece, destination.Length)];
            TensorDecoder.ToSingle(file.Bytes(info, (first + done) * size, piece.Length * size), info.Type, piece);
            int bad = checkFinite ? (int)Elementwise.FirstNonFinite(piece) : -1;
            if (bad >= 0)
                throw new BadModelException($"{info.File}: tensor {info} holds "
                    + $"{FormattableString.Invariant($"{piece[bad]}")} at "
                    + $"{info.FormatIndex(first + done + bad)}; the checkpoint is damaged or its training diverged.");
        }
    }

    /// <summary>Lets the pages of a tensor leave the process until they are touched again.</summary>
    /// <param name="name">The tensor.</param>
    public void Release(string name)
    {
        var (file, info) = Locate(name);
        file.Release(info);
    }

    /// <summary>Unmaps all files; spans handed out before must not be used any more.</summary>
    public void Dispose() => files.ForEach(f => f.Dispose());
}

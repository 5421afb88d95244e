using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Moesaic.Formats;

/// <summary>
/// Writes a Hugging Face model folder completely or not at all: under a temporary sibling name, every file flushed, then
/// renamed. A failure or cancellation leaves what was there before. The same content gives the same bytes.
/// </summary>
public static class HfFolderWriter
{
    static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the folder and returns the relative names of its files, in ordinal order.</summary>
    /// <param name="folder">The folder to make; must not exist or be empty, unless overwriting is asked for.</param>
    /// <param name="content">What it is to hold.</param>
    /// <param name="options">null takes the defaults.</param>
    /// <param name="cancellation">Stops between pieces of a tensor.</param>
    /// <exception cref="BadRequestException">
    /// The folder exists, lies in the way of an input, cannot be written or does not fit the disk.
    /// </exception>
    public static IReadOnlyList<string> Write(string folder, HfFolderContent content, HfFolderOptions? options = null,
        CancellationToken cancellation = default)
    {
        options ??= new HfFolderOptions();
        if (content.SideFilesFrom is { } source) RefuseToReplace(folder, source);
        var shards = content.WeightsName is { } name ? [(name, content.Tensors)] : ShardPlan.Make(content.Tensors, options.MaxShardBytes);
        var small = SmallFiles(content, shards);

        using var pending = PendingFolder.Create(folder, options.Overwrite);
        long tensorBytes = content.Tensors.Sum(t => t.ByteLength);
        DiskSpace.Require(pending.Path, tensorBytes + small.Sum(f => (long)f.Value.Length), folder);
        long written = 0;
        foreach (var (file, tensors) in shards)
            WriteFlushed(Path.Combine(pending.Path, file), stream => SafetensorsWriter.Write(
                stream, tensors, content.Metadata, bytes => options.Progress?.Report(written += bytes), cancellation));
        foreach (var (file, bytes) in small)
        {
            cancellation.ThrowIfCancellationRequested();
            WriteFlushed(Path.Combine(pending.Path, file), stream => stream.Write(bytes));
        }
        pending.Commit();
        return [.. small.Keys.Concat(shards.Select(s => s.File)).Order(StringComparer.Ordinal)];
    }

    static SortedDictionary<string, byte[]> SmallFiles(HfFolderContent content,
        IReadOnlyList<(string File, IReadOnlyList<TensorSource> Tensors)> shards)
    {
        var files = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        if (content.SideFilesFrom is { } source)
        {
            foreach (string name in SideFiles.In(source))
            {
                string path = Path.Combine(source, name);
                files[name] = InputErrors.Explain(path, () => File.ReadAllBytes(path));
            }
        }
        foreach (var (name, bytes) in content.ExtraFiles) files[CheckedName(name)] = bytes;
        if (content.ModelCard is { } card) files["README.md"] = Encoding.UTF8.GetBytes(card);
        files["config.json"] = Json(content.Config);
        if (shards.Count > 1) files[ShardIndex.FileName] = Json(Index(shards));
        return files;
    }

    static JsonObject Index(IReadOnlyList<(string File, IReadOnlyList<TensorSource> Tensors)> shards)
    {
        var map = new JsonObject();
        var entries = shards.SelectMany(s => s.Tensors.Select(t => (t.Name, s.File)));
        foreach (var (tensor, file) in entries.OrderBy(e => e.Name, StringComparer.Ordinal)) map.Add(tensor, file);
        long total = shards.Sum(s => s.Tensors.Sum(t => t.ByteLength));
        return new JsonObject { ["metadata"] = new JsonObject { ["total_size"] = total }, ["weight_map"] = map };
    }

    static byte[] Json(JsonObject json) =>
        Encoding.UTF8.GetBytes(json.ToJsonString(Layout).ReplaceLineEndings("\n") + "\n");

    static string CheckedName(string name)
    {
        string[] parts = name.Split('/');
        if (Path.IsPathRooted(name) || name.Contains('\\', StringComparison.Ordinal)
            || parts.Any(p => p is "" or "." or ".."))
            throw new ArgumentException($"\"{name}\" is not a relative file name inside the folder", nameof(name));
        return name;
    }

    static void RefuseToReplace(string folder, string source)
    {
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) + Path.DirectorySeparatorChar;
        string from = Path.TrimEndingDirectorySeparator(Path.GetFullPath(source)) + Path.DirectorySeparatorChar;
        if (from.StartsWith(target, StringComparison.Ordinal))
            throw new BadRequestException($"{folder} is the input {source} or contains it; inputs are never "
                + "changed, choose another output.");
    }

    static void WriteFlushed(string path, Action<Stream> write)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var stream = OutputErrors.Explain(path,
            () => new ExplainingStream(new FileStream(path, FileMode.CreateNew, FileAccess.Write), path));
        write(stream);
        stream.FlushToDisk();
    }
}

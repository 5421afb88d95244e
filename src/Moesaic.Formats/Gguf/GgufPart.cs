namespace Moesaic.Formats;

/// <summary>One file of a GGUF model: most models are one, large ones are split as llama-gguf-split does it.</summary>
/// <param name="Path">Full path.</param>
/// <param name="Map">Its bytes.</param>
/// <param name="Header">Its head.</param>
sealed record GgufPart(string Path, MappedFile Map, GgufHeader Header) : IDisposable
{
    const string NumberKey = "split.no", CountKey = "split.count", TensorsKey = "split.tensors.count";

    /// <summary>More files than that are damage.</summary>
    const int MaxParts = 10_000;

    int Parts => Header.Metadata.IntOr(CountKey, 1, min: 0, max: MaxParts);

    int Number => Header.Metadata.IntOr(NumberKey, 0, min: 0, max: MaxParts);

    public void Dispose() => Map.Dispose();

    /// <summary>Maps a file and, when it is the first part of a split model, the others that lie beside it.</summary>
    /// <exception cref="BadModelException">A file is missing or damaged, or the parts are not those of one model.</exception>
    internal static IReadOnlyList<GgufPart> OpenAll(string path)
    {
        var parts = new List<GgufPart> { Open(path) };
        try
        {
            var (count, first) = (parts[0].Parts, parts[0].Number);
            if (count > 1)
            {
                if (first != 0)
                    throw new BadModelException($"{path}: it is part {first + 1} of a model in {count} files; give the first, {Sibling(path, 0, count)}.");
                for (var i = 1; i < count; i++) parts.Add(Next(path, i, count));
                CheckTogether(path, parts);
            }
            parts[0].Header.Metadata.Accept(NumberKey, CountKey, TensorsKey);
            return parts;
        }
        catch
        {
            foreach (var part in parts) part.Dispose();
            throw;
        }
    }

    static GgufPart Open(string path)
    {
        var map = MappedFile.Open(path, GgufHeader.MinimumBytes, "GGUF");
        try
        {
            return new GgufPart(path, map, GgufHeader.Read(map, path));
        }
        catch
        {
            map.Dispose();
            throw;
        }
    }

    static GgufPart Next(string first, int number, int count)
    {
        var path = Sibling(first, number, count);
        if (!File.Exists(path)) throw new BadModelException($"{first}: the model is split into {count} files, and {path} is missing.");
        var part = Open(path);
        if ((part.Number, part.Parts) == (number, count)) return part;
        part.Dispose();
        throw new BadModelException($"{path}: it says it is part {part.Number + 1} of {part.Parts}, not part {number + 1} of {count} as its name does.");
    }

    static void CheckTogether(string path, List<GgufPart> parts)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var part in parts)
            foreach (var tensor in part.Header.Tensors)
                if (!names.Add(tensor.Name)) throw new BadModelException($"{part.Path}: tensor {tensor.Name} is in an earlier part too.");
        if (parts[0].Header.Metadata.IntOrNull(TensorsKey) is { } expected && expected != names.Count)
            throw new BadModelException($"{path}: its parts hold {names.Count} tensors, {TensorsKey} says {expected}.");
    }

    static string Sibling(string path, int number, int count) => GgufParts.Names(path) is { } names && names.Count == count ? names[number]
        : throw new BadModelException($"{path}: the model is split into {count} files, which are found by names that end in -00001-of-{count:D5}.gguf; this one does not.");
}

namespace Moesaic.Formats;

/// <summary>Which files of a repository make the model.</summary>
/// <param name="Wanted">To be fetched: small files first.</param>
/// <param name="LeftOut">The others.</param>
public sealed record HubSelection(IReadOnlyList<HubFile> Wanted, IReadOnlyList<HubFile> LeftOut)
{
    const string Config = "config.json", OneFile = TensorStore.SingleFileName;

    /// <summary>Bytes to fetch in all.</summary>
    public long Bytes => Wanted.Sum(f => f.Size);

    /// <summary>
    /// Chooses the one file asked for, with all parts of a split one, or else config.json, the weights in safetensors (those of the index when there is one), and
    /// what tells how to use the model: tokenizer, templates, generation config, card and licence.
    /// </summary>
    /// <param name="listing">All there is.</param>
    /// <param name="index">Of the weights, when they are in several files.</param>
    /// <exception cref="BadRequestException">The file is not there, or there is no model that can be read.</exception>
    internal static HubSelection Choose(HubListing listing, ShardIndex? index)
    {
        var names = listing.Reference.File is { } file ? GgufParts.Names(file).ToHashSet(StringComparer.Ordinal) : ModelFolder(listing, index);
        var missing = names.FirstOrDefault(n => listing.Find(n) is null);
        if (missing is not null)
            throw new BadRequestException($"{listing.Reference.Repository} has no file {missing}. {Ggufs(listing)}".TrimEnd());
        return new HubSelection(
            [.. listing.Files.Where(f => names.Contains(f.Name)).OrderBy(f => f.Size).ThenBy(f => f.Name, StringComparer.Ordinal)],
            [.. listing.Files.Where(f => !names.Contains(f.Name))]);
    }

    static HashSet<string> ModelFolder(HubListing listing, ShardIndex? index)
    {
        if (listing.Find(Config) is null || (index is null && listing.Find(OneFile) is null))
        {
            throw new BadRequestException($"{listing.Reference.Repository} is no model folder with {Config} and weights in safetensors. "
                + (Ggufs(listing) is { Length: > 0 } ggufs ? ggufs : "Look for a conversion of it to safetensors."));
        }
        // As a reader of the folder will: a single file goes before an index.
        HashSet<string> names = new(listing.Files.Select(f => f.Name).Where(SideFiles.IsCarried), StringComparer.Ordinal) { Config };
        if (listing.Find("README.md") is not null) names.Add("README.md");
        if (listing.Find(OneFile) is not null) names.Add(OneFile);
        else names.UnionWith([ShardIndex.FileName, .. index!.Files]);
        return names;
    }

    static string Ggufs(HubListing listing)
    {
        var names = listing.Files.Select(f => f.Name).Where(n => n.EndsWith(".gguf", StringComparison.Ordinal)).ToList();
        return names.Count == 0 ? "" : $"One of its files can be pulled as {listing.Reference.Repository}:FILE with FILE one of {string.Join(", ", names)}.";
    }
}

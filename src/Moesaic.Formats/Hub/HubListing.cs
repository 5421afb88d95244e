using System.Text.Json;

namespace Moesaic.Formats;

/// <summary>What a repository holds at one commit.</summary>
/// <param name="Reference">What was asked for.</param>
/// <param name="Commit">The revision asked for, as a commit; files are fetched from it, whatever happens to the branch meanwhile.</param>
/// <param name="Files">All files.</param>
public sealed record HubListing(HubReference Reference, string Commit, IReadOnlyList<HubFile> Files)
{
    internal static HubListing Read(HubReference reference, ReadOnlyMemory<byte> json, string where)
    {
        var root = StrictJson.ParseObject(json, where);
        if (!root.TryGetProperty("sha", out var sha) || sha.ValueKind != JsonValueKind.String
            || sha.GetString() is not { Length: > 0 and <= 64 } commit || !commit.All(char.IsAsciiHexDigit))
            throw new BadModelException($"{where}: no commit (sha) is stated: this is no listing of a model.");
        if (!root.TryGetProperty("siblings", out var siblings) || siblings.ValueKind != JsonValueKind.Array)
            throw new BadModelException($"{where}: no list of files (siblings): this is no listing of a model.");
        var files = siblings.EnumerateArray().Select(entry => HubFile.Read(entry, where)).ToList();
        // On some disks names that differ in case are one file.
        if (files.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new BadModelException($"{where}: the file {twice.Key} is listed twice.");
        return new HubListing(reference, commit, files);
    }

    /// <summary>The file of that name, or null.</summary>
    public HubFile? Find(string name) => Files.FirstOrDefault(f => f.Name == name);
}

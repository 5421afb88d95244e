using System.Text.Json;

namespace Moesaic.Formats;

/// <summary>A file of a repository as its listing describes it.</summary>
/// <param name="Name">Relative, with '/'. Checked: it cannot lead out of a folder.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of the content, lower-case hexadecimal; null for files kept in git itself.</param>
/// <param name="BlobId">Git's SHA-1 of the content, lower-case hexadecimal; used when there is no <paramref name="Sha256"/>.</param>
public sealed record HubFile(string Name, long Size, string? Sha256, string? BlobId)
{
    /// <summary>What the content is recognised by.</summary>
    public string Hash => Sha256 ?? BlobId!;

    internal static HubFile Read(JsonElement entry, string where)
    {
        var name = Text(entry, "rfilename") ?? throw new BadModelException($"{where}: a file without a name.");
        CheckName(name, where);
        var large = entry.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object ? lfs : (JsonElement?)null;
        var size = SizeOf(large ?? entry) ?? throw new BadModelException($"{where}: no size is stated for {name}.");
        var (sha256, blob) = (large is { } l ? Hex(l, "sha256", 64) : null, Hex(entry, "blobId", 40));
        if (sha256 is null && (blob is null || large is not null))
            throw new BadModelException($"{where}: no hash is stated for {name}: what arrives could not be checked.");
        return new HubFile(name, size, sha256, blob);
    }

    /// <summary>The names come from a server: none may reach outside the folder it is written to, nor play tricks on a terminal.</summary>
    static void CheckName(string name, string where)
    {
        if (name.Length is 0 or > 1024 || name.Any(c => char.IsControl(c) || c == '\\') || Path.IsPathRooted(name)
            || (name.Length > 1 && name[1] == ':') || name.Split('/').Any(part => part is "" or "." or ".."))
        {
            var shown = new string([.. name.Take(100).Select(c => char.IsControl(c) ? '?' : c)]);
            throw new BadModelException($"{where}: the file name '{shown}' would reach outside the model's folder; nothing of it is fetched.");
        }
    }

    static string? Text(JsonElement entry, string key) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() : null;

    static long? SizeOf(JsonElement entry) =>
        entry.TryGetProperty("size", out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var size) && size >= 0
            ? size : null;

    static string? Hex(JsonElement entry, string key, int digits) =>
        Text(entry, key) is { } text && text.Length == digits && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
}

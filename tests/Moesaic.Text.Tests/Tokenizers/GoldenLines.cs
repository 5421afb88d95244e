using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace Moesaic.Text.Tests;

/// <summary>The lines tokenizers are compared on, and the hashes of what the references made of them.</summary>
static class GoldenLines
{
    static readonly Lazy<string[]> Lines = new(() =>
    {
        using var file = new GZipStream(File.OpenRead(Golden.Path("Tokenizers/lines.json.gz")), CompressionMode.Decompress);
        return JsonSerializer.Deserialize<string[]>(file)!;
    });

    public static string[] All => Lines.Value;

    /// <summary>The rows of a reference, a header line apart.</summary>
    public static string[] Reference(string name) =>
        File.ReadAllLines(Golden.Path($"Tokenizers/{name}/reference.txt"))[1..];

    public static string Hash(IEnumerable<int> ids) => Hash(string.Join(',', ids));

    /// <summary>FNV-1a of the UTF-8 bytes, 32 bits.</summary>
    public static string Hash(string text)
    {
        var value = 0x811C9DC5u;
        foreach (var b in Encoding.UTF8.GetBytes(text)) value = (value ^ b) * 0x01000193u;
        return value.ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
    }
}

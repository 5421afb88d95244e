using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Moesaic.Formats.Tests.Hub;

/// <summary>A repository and how an honest hub serves it.</summary>
sealed class Repository
{
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    /// <summary>A model folder with weights of many pieces, and files that do not belong to the model.</summary>
    public static Repository Model() => new()
    {
        Files =
        {
            ["config.json"] = Encoding.UTF8.GetBytes("""{"model_type":"llama"}"""),
            ["tokenizer.json"] = Encoding.UTF8.GetBytes("{}"),
            ["README.md"] = Encoding.UTF8.GetBytes("---\nlicense: mit\n---\n"),
            ["model.safetensors"] = Noise(1_000_000, 1),
            ["pytorch_model.bin"] = Noise(3000, 2),
            ["onnx/model.onnx"] = Noise(5000, 3),
            ["empty.gguf"] = [],
            ["small.gguf"] = Noise(200_000, 4),
        },
    };

    public Dictionary<string, byte[]> Files { get; } = [];

    public static byte[] Noise(int bytes, int seed)
    {
        var noise = new byte[bytes];
        new Random(seed).NextBytes(noise);
        return noise;
    }

    /// <summary>Large files with a SHA-256, small ones with git's hash.</summary>
    public JsonObject Listing() => new()
    {
        ["id"] = "owner/name",
        ["sha"] = Commit,
        ["siblings"] = new JsonArray([.. Files.Select(f => (JsonNode)Entry(f.Key, f.Value))]),
    };

    static JsonObject Entry(string name, byte[] content)
    {
        var entry = new JsonObject { ["rfilename"] = name, ["size"] = content.Length, ["blobId"] = GitHash(content) };
        if (content.Length >= 1000) entry["lfs"] = new JsonObject { ["sha256"] = Hash(content), ["size"] = content.Length, ["pointerSize"] = 130 };
        return entry;
    }

    public static string Hash(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static string GitHash(byte[] content) => Convert.ToHexStringLower(
        SHA1.HashData([.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0")), .. content]));

    public Answer Answer(Request request)
    {
        if (request.Path == "/api/models/owner/name/revision/main?blobs=true") return Hub.Answer.Text(200, Listing().ToJsonString());
        const string resolve = $"/owner/name/resolve/{Commit}/";
        if (!request.Path.StartsWith(resolve, StringComparison.Ordinal) || !Files.TryGetValue(Uri.UnescapeDataString(request.Path[resolve.Length..]), out var content))
            return Hub.Answer.Text(404, "no");
        var tag = $"\"{Hash(content)}\"";
        if (request["range"] is null || (request["if-range"] is { } known && known != tag)) return new Answer(200, content) { Headers = { ["ETag"] = tag } };
        if (request.From >= content.Length) return Hub.Answer.Text(416, "");
        return new Answer(206, content[request.From..])
        {
            Headers = { ["ETag"] = tag, ["Content-Range"] = string.Create(CultureInfo.InvariantCulture, $"bytes {request.From}-{content.Length - 1}/{content.Length}") },
        };
    }
}

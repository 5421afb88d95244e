using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Moesaic.Text;

namespace Moesaic.Bench;

/// <summary>
/// Encodes and decodes a JSON list of texts with a folder's tokenizer, says how fast, and writes what came out for
/// tests/Moesaic.Text.Tests/Golden/Tokenizers/compare.sh to hold against a reference.
/// </summary>
static class TokenizeVerb
{
    public const string Usage =
        "  tokenize FOLDER TEXTS.json OUT.json    ids and decoded text of every text; MB/s of encoding, one thread";

    const int Rounds = 3;

    public static int Run(string[] args)
    {
        if (args is not [var folder, var input, var output])
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        var load = Stopwatch.StartNew();
        var tokenizer = TokenizerLoader.Load(folder);
        load.Stop();
        var texts = JsonSerializer.Deserialize<string[]>(File.ReadAllText(input))!;
        var bytes = texts.Sum(t => (long)Encoding.UTF8.GetByteCount(t));
        int[][] ids = [];
        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            // SentencePiece's reference adds nothing and parses nothing; the other one does both.
            var plain = !File.Exists(Path.Combine(folder, "tokenizer.json"));
            ids = [.. texts.Select(t => tokenizer.Encode(t, addSpecial: !plain, parseSpecial: !plain))];
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }
        File.WriteAllText(output, JsonSerializer.Serialize(ids.Select(i => new { ids = i, text = tokenizer.Decode(i) })));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{texts.Length} texts, {bytes / 1e6:F2} MB, {ids.Sum(i => (long)i.Length)} tokens: " +
            $"loaded in {load.ElapsedMilliseconds} ms, encoded at {bytes / best / 1e6:F1} MB/s (best of {Rounds})"));
        return 0;
    }
}

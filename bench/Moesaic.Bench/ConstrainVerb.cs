using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Models;

namespace Moesaic.Bench;

/// <summary>What masks of a grammar cost per token with a large vocabulary, beside a step of a model.</summary>
static class ConstrainVerb
{
    public const string Usage = "  constrain [--vocabulary N] [--tokens N] [--model yes|no]   masks of a JSON schema beside decode steps";

    const string Schema = """
        {
          "type": "object", "additionalProperties": false, "required": ["title", "people", "tags", "score", "text"],
          "properties": {
            "title": { "type": "string", "maxLength": 60 },
            "people": { "type": "array", "items": {
              "type": "object", "additionalProperties": false, "required": ["name", "born", "email"],
              "properties": { "name": { "type": "string" }, "born": { "type": "string", "format": "date" },
                "email": { "type": ["string", "null"] }, "age": { "type": "integer", "minimum": 0, "maximum": 150 } } } },
            "tags": { "type": "array", "items": { "enum": ["red", "green", "blue"] } },
            "score": { "type": "number" },
            "extra": { "type": "object", "properties": { "id": { "type": "integer" } }, "additionalProperties": { "type": "string" } },
            "text": { "type": "string" }
          }
        }
        """;

    public static int Run(string[] args)
    {
        var (vocabulary, tokens, model) = (131_072, 4000, true);
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 < args.Length && args[i] == "--vocabulary") vocabulary = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
            else if (i + 1 < args.Length && args[i] == "--tokens") tokens = int.Parse(args[i + 1], CultureInfo.InvariantCulture);
            else if (i + 1 < args.Length && args[i] == "--model") model = args[i + 1] == "yes";
            else
            {
                Console.Error.WriteLine(Usage);
                return 2;
            }
        }
        var tokenizer = new SyntheticVocabulary(vocabulary);
        var start = Stopwatch.GetTimestamp();
        var table = new TokenTable(tokenizer, vocabulary, new HashSet<int> { tokenizer.EosId!.Value });
        Print($"vocabulary {vocabulary}, {Processor.Name}; table of tokens {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms");
        start = Stopwatch.GetTimestamp();
        var schema = Grammar.JsonSchema(JsonDocument.Parse(Schema).RootElement);
        Print($"schema compiled in {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F0} ms (the first time, so the compiler's included)");
        Measure("schema", schema, table, tokenizer, tokens);
        Measure("schema again", schema, table, tokenizer, tokens);
        Measure("pattern", Grammar.JsonSchema(JsonDocument.Parse("""{"type":"array","items":{"type":"string","pattern":"^[^,;]{3,60}$"}}""").RootElement),
            table, tokenizer, tokens);
        Measure("object", Grammar.JsonObject(), table, tokenizer, tokens);
        if (model) Step(vocabulary);
        return 0;
    }

    /// <summary>Texts by chance, the mask of each token timed; the first texts meet a cold grammar, as requests do.</summary>
    static void Measure(string name, Grammar grammar, TokenTable table, SyntheticVocabulary tokenizer, int tokens)
    {
        var compiled = grammar.Compile(table);
        var random = new Random(1);
        var mask = new uint[(table.VocabularySize + 31) / 32];
        var (wide, narrow, accepts) = (new List<double>(), new List<double>(), new List<double>());
        var constraint = compiled.Start();
        for (int i = 0, length = 0; i < tokens + 50; i++)
        {
            var start = Stopwatch.GetTimestamp();
            constraint.Mask(mask);
            var time = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            var allowed = Allowed(mask);
            // The first calls measure the compiler.
            if (i >= 50) (allowed.Count > table.VocabularySize / 4 ? wide : narrow).Add(time);
            if (allowed.Count == 0 || ++length > 400)
            {
                (constraint, length) = (compiled.Start(), 0);
                continue;
            }
            var closing = allowed.FindAll(id => tokenizer.TokenBytes(id) is [(byte)'"', ..]);
            var chosen = closing.Count > 0 && random.Next(12) == 0 ? closing[random.Next(closing.Count)] : allowed[random.Next(allowed.Count)];
            start = Stopwatch.GetTimestamp();
            constraint.Accept(chosen);
            if (i >= 50) accepts.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }
        Print($"{name + ", in strings:",-30}{Percentiles(wide)}");
        Print($"{name + ", between:",-30}{Percentiles(narrow)}");
        Print($"{name + ", taking a token:",-30}{Percentiles(accepts)}");
    }

    static void Step(int vocabulary)
    {
        using var model = new Model(DecodeVerb.Spec("mixture") with { VocabularySize = vocabulary });
        ModelInitialiser.Randomise(model, seed: 1);
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 1024 });
        var sequence = decoder.Add(Enumerable.Range(0, 512).ToArray(), 600);
        while (decoder.Step() > 0) { }
        var times = new double[16];
        for (var step = 0; step < times.Length; step++)
        {
            sequence.Append(step);
            var start = Stopwatch.GetTimestamp();
            decoder.Step();
            times[step] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        Print($"a step of the mixture of decode, this vocabulary, 512 tokens behind, {WorkerTeam.Threads} threads: {Summary.Of(times).Median:F0} microseconds");
    }

    static List<int> Allowed(uint[] mask)
    {
        var ids = new List<int>();
        for (var word = 0; word < mask.Length; word++)
            for (var rest = mask[word]; rest != 0; rest &= rest - 1) ids.Add((word * 32) + System.Numerics.BitOperations.TrailingZeroCount(rest));
        return ids;
    }

    static string Percentiles(List<double> micros)
    {
        micros.Sort();
        return micros.Count == 0 ? "none" : string.Create(CultureInfo.InvariantCulture,
            $"{micros.Count,6} masks, p50 {micros[micros.Count / 2],8:F1}  p99 {micros[micros.Count * 99 / 100],8:F1}  max {micros[^1],8:F1} microseconds");
    }

    static void Print(FormattableString text) => Console.WriteLine(FormattableString.Invariant(text));
}

using System.Text.Json.Nodes;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// GGUF stores a byte-level BPE's way to cut text into words as a name (tokenizer.ggml.pre). This is what the names mean,
/// in the terms of tokenizer.json.
/// </summary>
/// <param name="Names">The name to write, then others that mean the same.</param>
/// <param name="Steps">Patterns that cut one after another, before the bytes are written in the byte alphabet.</param>
/// <param name="IgnoreMerges">A word that is a token stays whole.</param>
/// <param name="Nfc">Text is composed first.</param>
/// <param name="AddsBos">What add_bos_token is when the file does not say.</param>
sealed record GgufPreTokenizer(
    string[] Names, string[] Steps, bool IgnoreMerges = false, bool Nfc = false, bool AddsBos = false)
{
    const string Digits = "\0digits";       // stands for a step of the type Digits
    const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
    const string Llama3 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const string Qwen2 =
        @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const string Upper = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", Lower = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", Before = @"[^\r\n\p{L}\p{N}]?";
    const string Suffix = "(?i:'s|'t|'re|'ve|'m|'ll|'d)?", Marks = @" ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    const string Tekken = $"{Before}{Upper}*{Lower}+|{Before}{Upper}+{Lower}*|\\p{{N}}|{Marks}";
    const string Gpt4o = $"{Before}{Upper}*{Lower}+{Suffix}|{Before}{Upper}+{Lower}*{Suffix}|\\p{{N}}{{1,3}}|{Marks}";
    const string Han = "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+";
    const string DeepSeekV3 =
        @"[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    // Where several mean the same, the first is the one to write.
    static readonly GgufPreTokenizer[] Known =
    [
        new(["llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "lfm2", "midm-2.0"], [Llama3], IgnoreMerges: true, AddsBos: true),
        new(["smaug-bpe", "dbrx", "glm4", "chatglm-bpe"], [Llama3]),
        new(["gpt-2", "mpt", "olmo", "phi-2", "jais", "gigachat", "trillion", "exaone4", "a.x-4.0", "mellum"], [Gpt2]),
        new(["qwen2", "deepseek-r1-qwen", "megrez", "hunyuan", "solar-open", "kormo"], [Qwen2], Nfc: true),
        new(["stablelm2"], [Qwen2]),
        new(["smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"], [Digits, Gpt2]),
        new(["tekken"], [Tekken], IgnoreMerges: true, AddsBos: true),
        new(["gpt-4o", "llama4", "kanana2"], [Gpt4o]),
        new(["deepseek-v3", "hunyuan-dense", "joyai-llm"], [@"\p{N}{1,3}", "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+", DeepSeekV3]),
        new(["deepseek-coder"], ["[\r\n]", @"\s?\p{L}+", @"\s?\p{P}+", Han, Digits]),
        new(["deepseek-llm"],
            ["[\r\n]", $@"\s?[{CasedLetters.Ranges}]+", "\\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+", @"\s+$", Han, Digits]),
    ];

    public static string AllNames => string.Join(", ", Known.Select(k => k.Names[0]));

    public static GgufPreTokenizer? Find(string name) => Known.FirstOrDefault(k => k.Names.Contains(name));

    /// <summary>The one whose words are those of a tokenizer.json, or null.</summary>
    public static GgufPreTokenizer? Of(JsonPart preTokenizer, bool ignoreMerges, bool nfc)
    {
        var steps = new List<string>();
        return Flatten(preTokenizer, steps)
            ? Known.FirstOrDefault(k => k.Steps.Select(Spelled).SequenceEqual(steps.Select(Spelled))
                && k.IgnoreMerges == ignoreMerges && k.Nfc == nfc)
            : null;
    }

    /// <summary>The pre_tokenizer section.</summary>
    public JsonObject ToJson() => new()
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
        [
            .. Steps.Select(s => s == Digits
                ? new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }
                : new JsonObject
                {
                    ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = s }, ["behavior"] = "Isolated", ["invert"] = false,
                }),
            ByteLevel(),
        ]),
    };

    /// <summary>The step (and decoder) that writes bytes in the byte alphabet.</summary>
    public static JsonObject ByteLevel() => new()
    {
        ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = false, ["use_regex"] = false,
    };

    /// <summary>A pattern in one of the spellings in use: line ends and quotation marks with and without a backslash.</summary>
    static string Spelled(string pattern) => pattern.Replace("\r", @"\r", StringComparison.Ordinal)
        .Replace("\n", @"\n", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal);

    static bool Flatten(JsonPart part, List<string> steps)
    {
        switch (part.IsNull ? "" : part.Type)
        {
            case "Sequence":
                return part["pretokenizers"].Items.All(p => Flatten(p, steps));
            case "ByteLevel":
                if (part.Flag("use_regex", true)) steps.Add(Gpt2);
                return !part.Flag("add_prefix_space", true);
            case "Digits":
                steps.Add(Digits);
                return part.Flag("individual_digits", false);
            case "Split" when !part["pattern"]["Regex"].IsNull:
                steps.Add(part["pattern"]["Regex"].Text);
                // These patterns match all there is: keeping the matches alone keeps everything.
                return (part["behavior"].Text, part.Flag("invert", false)) is ("Isolated", false) or ("Removed", true);
            default:
                return false;
        }
    }
}

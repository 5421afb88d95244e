using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Models.Loading;

/// <summary>adapter_config.json in the form of Hugging Face's PEFT. What would change the computation and is not known is refused.</summary>
/// <param name="BasePath">Folder or file of the model that the adapter belongs to.</param>
/// <param name="Rank">r.</param>
/// <param name="Alpha">The adapter is scaled by alpha / r.</param>
/// <param name="Modules">Names of the adapted modules, or what they end with.</param>
/// <param name="RootScale">Scaled by alpha / √r instead (Kalajdzievski 2023).</param>
public sealed record AdapterConfig(string BasePath, int Rank, float Alpha, IReadOnlyList<string> Modules, bool RootScale = false)
{
    /// <summary>Its name in a folder.</summary>
    public const string FileName = "adapter_config.json";

    // Read above, or without influence on what a trained adapter computes.
    static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "peft_type", "base_model_name_or_path", "r", "lora_alpha", "use_rslora", "target_modules", "task_type", "inference_mode", "lora_dropout",
        "init_lora_weights", "revision", "auto_mapping", "peft_version", "bias", "runtime_config", "megatron_core", "qalora_group_size",
        "corda_config", "eva_config", "loftq_config", "parent_library", "arrow_config", "ensure_weight_tying",
    };

    static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>s, by which the product with the factors is scaled.</summary>
    public float Scale => RootScale ? Alpha / MathF.Sqrt(Rank) : Alpha / Rank;

    /// <summary>Reads the file of a folder; a relative path of the base is taken from there.</summary>
    /// <exception cref="BadModelException">It is damaged, no LoRA, or of a kind that is not known.</exception>
    public static AdapterConfig Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        var json = StrictJson.LoadObject(path);
        if (Text("peft_type") != "LORA") throw Bad("peft_type", "only LORA is known");
        if (Text("bias") is not (null or "none")) throw Bad("bias", "only none is known");
        foreach (var property in json.EnumerateObject().Where(p => !Known.Contains(p.Name) && !IsNothing(p.Value)))
            throw Bad(property.Name, "this is not known and might change the computation");
        var rank = Number("r");
        if (rank is not (>= 1 and <= 1 << 16) || rank != Math.Floor(rank)) throw Bad("r", "a rank from 1 to 65536 is needed");
        if (Text("base_model_name_or_path") is not { Length: > 0 } model) throw Bad("base_model_name_or_path", "the path of the adapter's model is needed");
        return new AdapterConfig(Path.Combine(Path.GetFullPath(folder), model), (int)rank, (float)Number("lora_alpha"),
            json.TryGetProperty("target_modules", out var modules) && modules.ValueKind == JsonValueKind.Array
                ? [.. modules.EnumerateArray().Select(m => m.ToString())] : [],
            json.TryGetProperty("use_rslora", out var root) && root.ValueKind == JsonValueKind.True);

        string? Text(string key) => json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        double Number(string key) => json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Number && double.IsFinite(value.GetDouble())
            ? value.GetDouble() : throw Bad(key, "a number is needed");
        BadModelException Bad(string key, string why) => new(
            $"{path}: {key} is {(json.TryGetProperty(key, out var value) ? value.GetRawText() : "missing")}; {why}.");
    }

    static bool IsNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null or JsonValueKind.False => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        _ => false,
    };

    /// <summary>The file's bytes.</summary>
    public byte[] ToJson() => System.Text.Encoding.UTF8.GetBytes(new JsonObject
    {
        ["base_model_name_or_path"] = BasePath,
        ["bias"] = "none",
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = true,
        ["lora_alpha"] = double.Parse(Alpha.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture),
        ["lora_dropout"] = 0.0,
        ["modules_to_save"] = null,
        ["peft_type"] = "LORA",
        ["r"] = Rank,
        ["target_modules"] = new JsonArray([.. Modules.Select(m => (JsonNode)m)]),
        ["task_type"] = "CAUSAL_LM",
        ["use_rslora"] = RootScale,
    }.ToJsonString(Layout).ReplaceLineEndings("\n") + "\n");
}

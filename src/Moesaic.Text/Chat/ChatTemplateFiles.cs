using System.Text.Json;
using Moesaic.Formats;
using Moesaic.Text.Jinja;

namespace Moesaic.Text.Chat;

/// <summary>Finds a chat template and the special tokens it names among a model's files.</summary>
static class ChatTemplateFiles
{
    /// <param name="folder">A folder or a GGUF file.</param>
    public static ChatTemplate? Read(string folder)
    {
        if (GgufFile.Is(folder)) return ReadGguf(folder);
        var configPath = Path.Combine(folder, "tokenizer_config.json");
        var config = File.Exists(configPath) ? StrictJson.LoadObject(configPath) : (JsonElement?)null;
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        var map = Path.Combine(folder, "special_tokens_map.json");
        if (File.Exists(map)) AddTokens(tokens, StrictJson.LoadObject(map));
        if (config is { } found) AddTokens(tokens, found);

        var file = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(file))
        {
            var toolUse = Path.Combine(folder, "additional_chat_templates", "tool_use.jinja");
            return new ChatTemplate(Template(file), File.Exists(toolUse) ? Template(toolUse) : null, tokens);
        }
        if (config?.TryGetProperty("chat_template", out var given) != true || given.ValueKind == JsonValueKind.Null) return null;
        if (given.ValueKind == JsonValueKind.String)
            return new ChatTemplate(JinjaTemplate.Parse(given.GetString()!, $"{configPath}, chat_template"), null, tokens);

        var named = Named(given, configPath);
        if (!named.TryGetValue("default", out var usual))
            throw new BadModelException($"{configPath}: among the templates of chat_template ({string.Join(", ", named.Keys)}) there is no \"default\".");
        return new ChatTemplate(usual, named.GetValueOrDefault("tool_use"), tokens);
    }

    /// <summary>The text of a folder's template for ordinary conversations, or null.</summary>
    public static string? Text(string folder)
    {
        var file = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(file))
        {
            var bytes = File.ReadAllBytes(file);
            StrictJson.CheckUtf8(bytes, file);
            return System.Text.Encoding.UTF8.GetString(bytes);
        }
        var configPath = Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(configPath) || !StrictJson.LoadObject(configPath).TryGetProperty("chat_template", out var given)) return null;
        if (given.ValueKind == JsonValueKind.String) return given.GetString();
        return given.ValueKind == JsonValueKind.Array
            ? given.EnumerateArray().Where(e => Text(e, "name") == "default").Select(e => Text(e, "template")).FirstOrDefault() : null;
    }

    static ChatTemplate? ReadGguf(string path)
    {
        using var file = GgufFile.Open(path);
        var metadata = file.Metadata;
        if (metadata.TextOrNull(GgufTokenizer.ChatTemplateKey) is not { } text) return null;
        var names = metadata.TextsOrNull("tokenizer.ggml.tokens") ?? [];
        var tokens = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (role, key) in new[] { ("bos", "bos"), ("eos", "eos"), ("unk", "unknown"), ("pad", "padding") })
            if (metadata.IntOrNull($"tokenizer.ggml.{key}_token_id", max: names.Count - 1) is { } id) tokens[$"{role}_token"] = names[id];
        const string ToolUse = $"{GgufTokenizer.ChatTemplateKey}.tool_use";
        var toolUse = metadata.TextOrNull(ToolUse) is { } tools ? JinjaTemplate.Parse(tools, $"{path}, {ToolUse}") : null;
        return new ChatTemplate(JinjaTemplate.Parse(text, $"{path}, {GgufTokenizer.ChatTemplateKey}"), toolUse, tokens);
    }

    static JinjaTemplate Template(string path)
    {
        var bytes = File.ReadAllBytes(path);
        StrictJson.CheckUtf8(bytes, path);
        return JinjaTemplate.Parse(System.Text.Encoding.UTF8.GetString(bytes), path);
    }

    static Dictionary<string, JinjaTemplate> Named(JsonElement list, string path)
    {
        var named = new Dictionary<string, JinjaTemplate>(StringComparer.Ordinal);
        foreach (var entry in list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : default)
        {
            if (Text(entry, "name") is not { } name || Text(entry, "template") is not { } template)
                throw new BadModelException($"{path}: an entry of chat_template must be an object with name and template.");
            named[name] = JinjaTemplate.Parse(template, $"{path}, chat_template {name}");
        }
        return named.Count > 0 ? named : throw new BadModelException($"{path}: chat_template must be a string or a list of named templates.");
    }

    static void AddTokens(Dictionary<string, string> tokens, JsonElement json)
    {
        foreach (var property in json.EnumerateObject())
        {
            if (!property.Name.EndsWith("_token", StringComparison.Ordinal)) continue;
            if (property.Value.ValueKind == JsonValueKind.String) tokens[property.Name] = property.Value.GetString()!;
            else if (Text(property.Value, "content") is { } content) tokens[property.Name] = content;
        }
    }

    static string? Text(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}

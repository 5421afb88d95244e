namespace Moesaic.Formats;

/// <summary>
/// Which files of a model folder travel with the model: all that tell how to use it, none that describe its
/// weights.
/// </summary>
public static class SideFiles
{
    static readonly HashSet<string> Carried = new(StringComparer.Ordinal)
    {
        "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "generation_config.json", "chat_template.jinja", "chat_template.json", "vocab.json", "vocab.txt", "merges.txt",
        "LICENSE", "LICENSE.txt", "LICENSE.md", "NOTICE", "NOTICE.txt", "NOTICE.md", "USE_POLICY.md",
    };

    static readonly HashSet<string> Replaced = new(StringComparer.Ordinal)
    {
        "config.json", "README.md", "report.json", "report.md", ShardIndex.FileName, ".gitattributes",
    };

    const string Templates = "chat_templates";

    /// <summary>Relative names (with '/') of the files that travel, in ordinal order.</summary>
    public static IReadOnlyList<string> In(string folder) => [.. Files(folder).Where(IsCarried)];

    /// <summary>
    /// Relative names of the files that neither travel nor are made anew by a writer (weights, index, config.json,
    /// README.md, reports); a caller tells the user about them.
    /// </summary>
    public static IReadOnlyList<string> LeftBehind(string folder) =>
        [.. Files(folder).Where(f => !IsCarried(f) && !Replaced.Contains(f)
            && !f.EndsWith(".safetensors", StringComparison.Ordinal))];

    internal static bool IsCarried(string relative) =>
        Carried.Contains(relative)
        || (relative.StartsWith(Templates + "/", StringComparison.Ordinal)
            && relative.EndsWith(".jinja", StringComparison.Ordinal));

    static IEnumerable<string> Files(string folder) => InputErrors.Explain(folder, () =>
    {
        var names = Directory.GetFiles(folder).Select(f => Path.GetFileName(f)!);
        string templates = Path.Combine(folder, Templates);
        if (Directory.Exists(templates))
            names = names.Concat(Directory.GetFiles(templates).Select(f => $"{Templates}/{Path.GetFileName(f)}"));
        return names.Order(StringComparer.Ordinal);
    });
}

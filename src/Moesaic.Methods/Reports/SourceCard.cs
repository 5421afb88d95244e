namespace Moesaic.Methods.Reports;

/// <summary>
/// What a model card inherits from the card of its source: blocks of the YAML front matter, taken over letter by letter,
/// so that no meaning is lost in between.
/// </summary>
sealed class SourceCard
{
    readonly Dictionary<string, string> blocks = new(StringComparer.Ordinal);

    internal static SourceCard Read(string folder)
    {
        var (card, path) = (new SourceCard(), Path.Combine(folder, "README.md"));
        if (!File.Exists(path)) return card;
        var lines = File.ReadAllLines(path);
        if (lines.Length == 0 || lines[0].TrimEnd() != "---") return card;
        string? key = null;
        foreach (var line in lines.Skip(1).TakeWhile(l => l.TrimEnd() is not ("---" or "...")))
        {
            // A block starts at a key in the first column; indented lines and list items belong to it.
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && char.IsLetter(line[0]))
                card.blocks[key = line[..colon]] = line.TrimEnd() + "\n";
            else if (key is not null && line.Length > 0 && line[0] is ' ' or '-')
                card.blocks[key] += line.TrimEnd() + "\n";
        }
        return card;
    }

    internal bool StatesLicence => blocks.ContainsKey("license");

    /// <summary>The block as it stands there, with its key and a line feed at the end; null when there is none.</summary>
    internal string? Block(string key) => blocks.GetValueOrDefault(key);
}

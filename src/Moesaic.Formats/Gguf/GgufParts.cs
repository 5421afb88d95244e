using System.Globalization;
using System.Text.RegularExpressions;

namespace Moesaic.Formats;

/// <summary>How the files of a split GGUF model are called: model-00001-of-00003.gguf and so on.</summary>
public static partial class GgufParts
{
    /// <summary>The names of all files of a model, the first first, by the name of one; of a model in one file, that one.</summary>
    /// <param name="path">A path or a mere name; nothing is looked up.</param>
    public static IReadOnlyList<string> Names(string path)
    {
        if (PartName().Match(path) is not { Success: true } match
            || !int.TryParse(match.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0)
            return [path];
        return [.. Enumerable.Range(1, count).Select(n =>
            string.Create(CultureInfo.InvariantCulture, $"{match.Groups[1].Value}-{n:D5}-of-{count:D5}{match.Groups[3].Value}"))];
    }

    [GeneratedRegex(@"^(.*)-\d{5}-of-(\d{5})(\.gguf)$", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)]
    private static partial Regex PartName();
}

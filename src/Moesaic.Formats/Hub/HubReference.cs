using System.Text.RegularExpressions;

namespace Moesaic.Formats;

/// <summary>A model on a hub as people write it: <c>owner/name</c>, or <c>owner/name:file.gguf</c> for one file of it.</summary>
/// <param name="Owner">Person or organisation.</param>
/// <param name="Name">The repository.</param>
/// <param name="File">The one file wanted, or null for the model folder.</param>
public sealed partial record HubReference(string Owner, string Name, string? File)
{
    /// <summary>"owner/name".</summary>
    public string Repository => $"{Owner}/{Name}";

    /// <summary>Takes the parts.</summary>
    /// <exception cref="BadRequestException">It is none.</exception>
    public static HubReference Parse(string text)
    {
        var match = Pattern.Match(text);
        if (!match.Success)
            throw new BadRequestException($"'{text}' names no model on a hub: write owner/name, or owner/name:file.gguf for one file of it.");
        var file = match.Groups["file"].Success ? match.Groups["file"].Value : null;
        if (file is not null && !file.EndsWith(".gguf", StringComparison.Ordinal))
            throw new BadRequestException($"'{text}': after the colon stands a .gguf file; a model folder is pulled whole, by owner/name.");
        return new HubReference(match.Groups["owner"].Value, match.Groups["name"].Value, file);
    }

    [GeneratedRegex(@"\A(?<owner>\w[\w.-]*)/(?<name>\w[\w.-]*)(:(?<file>.+))?\z", RegexOptions.ECMAScript | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern { get; }
}

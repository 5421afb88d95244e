namespace Moesaic.Text.Corpora;

/// <summary>A method's signature, and what its documentation certainly says: a question with a gold answer for a model that continues text.</summary>
/// <param name="Domain">The namespace.</param>
/// <param name="Member">The documentation id.</param>
/// <param name="Prompt">The signature and a newline: how the method's document begins.</param>
/// <param name="Parameters">Names of the parameters; the document has a line for each. One or more.</param>
/// <param name="Verb">The verb of the first sentence: "Gets", or "Sends" in "Asynchronously sends".</param>
public sealed record SignatureItem(string Domain, string Member, string Prompt, IReadOnlyList<string> Parameters, string Verb)
{
    static readonly HashSet<string> NoVerbs = new(StringComparer.OrdinalIgnoreCase) { "This", "As", "Is", "Always", "Has", "Class", "Unless", "Its" };

    /// <summary>The items of some entries, in their order: methods with parameters, not constructors or operators.</summary>
    internal static IEnumerable<SignatureItem> Of(IEnumerable<DocEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Parsed.Kind != 'M' || entry.Parsed.Parameters.Count == 0 || entry.Parsed.Name.StartsWith('#') || entry.Parsed.Name.StartsWith("op_", StringComparison.Ordinal)) continue;
            string[] names = [.. entry.Lines.Where(l => l.Kind == "param").Select(l => l.Name)];
            if (names.Length != entry.Parsed.Parameters.Count || names.Distinct(StringComparer.Ordinal).Count() != names.Length) continue;
            if (entry.Lines[0] is not { Kind: "summary" } summary || VerbOf(summary.Text) is not { } verb) continue;
            yield return new(entry.Namespace, entry.Id, entry.Signature + "\n", names, verb);
        }
    }

    /// <summary>
    /// The verb that a sentence of documentation begins with, after an adverb at most, with a capital letter; null when it begins with anything else. A word
    /// in the third person: one that ends in s and is no common word that does.
    /// </summary>
    /// <param name="text">One or more sentences.</param>
    public static string? VerbOf(string text)
    {
        var words = text.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        var word = words.Length > 1 && words[0].EndsWith("ly", StringComparison.Ordinal) ? words[1] : words.FirstOrDefault() ?? "";
        word = word.TrimEnd(',', '.', ':');
        return word.Length > 2 && word.EndsWith('s') && word.All(char.IsAsciiLetter) && !NoVerbs.Contains(word) ? char.ToUpperInvariant(word[0]) + word[1..] : null;
    }

    /// <summary>The parameters that a documentation describes: each has a line that begins with its name and a colon.</summary>
    /// <param name="documentation">The lines below a signature.</param>
    /// <param name="parameters">Names.</param>
    public static IEnumerable<string> Described(string documentation, IEnumerable<string> parameters)
    {
        var labels = documentation.Split('\n').Where(l => l.Contains(':', StringComparison.Ordinal)).Select(l => l[..l.IndexOf(':', StringComparison.Ordinal)])
            .ToHashSet(StringComparer.Ordinal);
        return parameters.Where(labels.Contains);
    }
}

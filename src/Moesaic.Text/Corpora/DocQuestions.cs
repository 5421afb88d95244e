namespace Moesaic.Text.Corpora;

/// <summary>Questions a person would ask about a member, answered by a section of its documentation.</summary>
static class DocQuestions
{
    /// <summary>
    /// The pairs of some entries in their order. The first member of a name is asked for by the name, its overloads by
    /// their signatures. A pair whose answer is in <paramref name="known"/> is left out.
    /// </summary>
    internal static IEnumerable<InstructionPair> Of(IEnumerable<DocEntry> entries, IReadOnlySet<ulong> known)
    {
        var named = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var member = named.Add(entry.Name) ? entry.Name : entry.Signature;
            foreach (var (kind, question, answer) in Ask(entry, member))
                if (!known.Contains(Key(answer)))
                    yield return new(entry.Namespace, entry.Id, kind, question, answer);
        }
    }

    /// <summary>What two equal answers have in common.</summary>
    internal static ulong Key(string answer)
    {
        var words = NormalWords.Of(answer);
        return NormalWords.Fingerprint(words, 0, words.Count);
    }

    static IEnumerable<(InstructionKind Kind, string Question, string Answer)> Ask(DocEntry entry, string member)
    {
        foreach (var line in entry.Lines.Where(line => line.Kind == "summary").Take(1))
            yield return (InstructionKind.Purpose, Purpose(entry, member), line.Text);
        foreach (var line in entry.Lines.Where(line => line.Kind == "returns").Take(1))
            yield return (InstructionKind.Returns, $"What does `{member}` return?", line.Text);
        var exceptions = entry.Lines.Where(line => line.Kind == "exception");
        foreach (var thrown in exceptions.GroupBy(line => line.Name, StringComparer.Ordinal))
            yield return (InstructionKind.Throws, $"When does `{member}` throw {thrown.Key}?",
                string.Join(' ', thrown.Select(line => line.Text)));
    }

    /// <summary>Three ways to ask, taken in turn by the length of the id: a model should not hang on one wording.</summary>
    static string Purpose(DocEntry entry, string member) => (entry.Id.Length % 3, entry.Parsed.Kind) switch
    {
        (1, _) => $"What is `{member}` for?",
        (2, _) => $"Explain `{member}`.",
        (_, 'M') => $"What does `{member}` do?",
        (_, 'E') => $"When does `{member}` occur?",
        _ => $"What is `{member}`?",
    };
}

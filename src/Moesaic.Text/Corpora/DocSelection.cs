using System.Text;

namespace Moesaic.Text.Corpora;

/// <summary>
/// Which members become documents: laid out, split by namespace, and each split freed of copies; the held-out part also
/// of what training gives away. A copy is a text of which the whole, or more than half of its 8-grams, occurs earlier.
/// </summary>
sealed class DocSelection
{
    readonly int members, repeatedIds, withoutText;
    readonly string[] heldOutNamespaces;
    int repeatedTexts, nearCopies, heldOutTextsInTraining, heldOutSharedGrams;

    internal DocSelection(IReadOnlyList<DocMember> read)
    {
        members = read.Count;
        var unique = read.DistinctBy(member => member.Id, StringComparer.Ordinal).ToArray();
        repeatedIds = members - unique.Length;
        var types = new DocTypes(unique);
        var entries = unique.AsParallel().AsOrdered()
            .Select(member => new DocEntry(member, types))
            .Select(entry => (Entry: entry, Words: entry.Words()))
            .Where(item => item.Words.Count > 0)
            .ToArray();
        withoutText = unique.Length - entries.Length;
        Array.Sort(entries, (left, right) => Compare(left.Entry.Id, right.Entry.Id));

        heldOutNamespaces = [.. entries.Select(item => item.Entry.Namespace).Distinct(StringComparer.Ordinal)
            .Where(HeldOutNamespaces.Contains).Order(StringComparer.Ordinal)];
        var heldOut = entries.ToLookup(item => heldOutNamespaces.Contains(item.Entry.Namespace, StringComparer.Ordinal));
        var training = new TextFingerprints();
        Train = [.. heldOut[false].Where(item => Fresh(training, item.Words)).Select(item => item.Entry)];
        var measured = new TextFingerprints();
        HeldOut = [.. heldOut[true]
            .Where(item => Unseen(training, item.Words, ref heldOutTextsInTraining, ref heldOutSharedGrams))
            .Where(item => Fresh(measured, item.Words))
            .Select(item => item.Entry)];
    }

    internal IReadOnlyList<DocEntry> Train { get; }

    internal IReadOnlyList<DocEntry> HeldOut { get; }

    internal CorpusStatistics Statistics(IReadOnlyList<CorpusDocument> train, IReadOnlyList<CorpusDocument> heldOut)
    {
        var vocabulary = new HashSet<ulong>();
        foreach (var document in train)
            vocabulary.UnionWith(NormalWords.Of(document.Text));
        var domains = Domains(train, CorpusSplit.Train).Concat(Domains(heldOut, CorpusSplit.HeldOut))
            .OrderByDescending(domain => domain.Bytes).ThenBy(domain => domain.Name, StringComparer.Ordinal).ToArray();
        return new()
        {
            Members = members,
            RepeatedIds = repeatedIds,
            WithoutText = withoutText,
            RepeatedTexts = repeatedTexts,
            NearCopies = nearCopies,
            HeldOutTextsInTraining = heldOutTextsInTraining,
            HeldOutSharedGrams = heldOutSharedGrams,
            TrainBytes = domains.Where(domain => domain.Split == CorpusSplit.Train).Sum(domain => domain.Bytes),
            HeldOutBytes = domains.Where(domain => domain.Split == CorpusSplit.HeldOut).Sum(domain => domain.Bytes),
            TrainVocabulary = vocabulary.Count,
            HeldOutNamespaces = heldOutNamespaces,
            Domains = domains,
        };
    }

    static IEnumerable<CorpusDomain> Domains(IEnumerable<CorpusDocument> documents, CorpusSplit split) => documents
        .GroupBy(document => document.Domain, StringComparer.Ordinal)
        .Select(group => new CorpusDomain(group.Key, split, group.Count(),
            group.Sum(document => (long)Encoding.UTF8.GetByteCount(document.Text))));

    bool Fresh(TextFingerprints texts, List<ulong> words)
    {
        if (!Unseen(texts, words, ref repeatedTexts, ref nearCopies))
            return false;
        texts.Add(words);
        return true;
    }

    static bool Unseen(TextFingerprints texts, List<ulong> words, ref int sameText, ref int sharedGrams)
    {
        if (texts.HasText(words))
            sameText++;
        else if (texts.HasMostGrams(words))
            sharedGrams++;
        else
            return true;
        return false;
    }

    /// <summary>Ordinal by name, then by kind.</summary>
    static int Compare(string left, string right)
    {
        var byName = left.AsSpan(2).SequenceCompareTo(right.AsSpan(2));
        return byName != 0 ? byName : left[0].CompareTo(right[0]);
    }
}

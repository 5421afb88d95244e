using Moesaic.Text.Corpora;

namespace Moesaic.Methods.Evaluation;

/// <summary>How much of what documentation must say is said.</summary>
/// <param name="Parameters">The part of all parameters that are described, 0 to 1.</param>
/// <param name="Verb">The part of the methods whose first sentence begins with the true verb, 0 to 1.</param>
public readonly record struct SignatureScores(double Parameters, double Verb)
{
    /// <summary>Scores documentations; every parameter and every method counts the same.</summary>
    /// <param name="items">The methods.</param>
    /// <param name="documentations">What was written below the signature of each.</param>
    public static SignatureScores Of(IReadOnlyList<SignatureItem> items, IReadOnlyList<string> documentations)
    {
        if (items.Count == 0 || items.Count != documentations.Count) throw new ArgumentException("need one documentation for each of one or more methods", nameof(documentations));
        var pairs = items.Zip(documentations).ToArray();
        return new(
            pairs.Sum(p => SignatureItem.Described(p.Second, p.First.Parameters).Count()) / (double)items.Sum(i => i.Parameters.Count),
            pairs.Count(p => SignatureItem.VerbOf(FirstLine(p.Second)) == p.First.Verb) / (double)items.Count);
    }

    /// <summary>
    /// What an author reaches who does not read the signature, and knows how many parameters there are: the most frequent verb and the most frequent
    /// names of other methods.
    /// </summary>
    /// <param name="items">The methods that are scored.</param>
    /// <param name="known">The methods that the author has seen.</param>
    public static SignatureScores Chance(IReadOnlyList<SignatureItem> items, IReadOnlyList<SignatureItem> known)
    {
        var verb = MostFrequent(known.Select(i => i.Verb)).FirstOrDefault();
        string[] names = [.. MostFrequent(known.SelectMany(i => i.Parameters))];
        return new(
            items.Sum(i => i.Parameters.Intersect(names.Take(i.Parameters.Count), StringComparer.Ordinal).Count()) / (double)items.Sum(i => i.Parameters.Count),
            items.Count(i => i.Verb == verb) / (double)items.Count);
    }

    static IEnumerable<string> MostFrequent(IEnumerable<string> words) =>
        words.GroupBy(w => w, StringComparer.Ordinal).OrderByDescending(g => g.Count()).ThenBy(g => g.Key, StringComparer.Ordinal).Select(g => g.Key);

    static string FirstLine(string text) => text.Split('\n', 2)[0];
}

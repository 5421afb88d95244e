using System.Security.Cryptography;
using System.Text;
using Moesaic.Formats;

namespace Moesaic.Text.Corpora;

/// <summary>
/// The corpus every machine with the .NET 10 SDK has: the XML documentation of the base class library, one document a
/// member, its namespaces as domains, some of them held out. Nothing of it is shipped; it is read where it is installed.
/// </summary>
/// <remarks>
/// The same files give the same corpus, whatever the culture, the file system's order or the number of threads. The
/// documents stand in ordinal order of their ids without the kind letter, so that a type comes before its members.
/// </remarks>
public sealed class DotnetDocsCorpus
{
    readonly IReadOnlyList<DocEntry> trainEntries;
    readonly IReadOnlyList<DocEntry> heldOutEntries;

    DotnetDocsCorpus(RefPack source, DocSelection selection)
    {
        Source = source;
        (trainEntries, heldOutEntries) = (selection.Train, selection.HeldOut);
        Train = Documents(trainEntries);
        HeldOut = Documents(heldOutEntries);
        Hash = HashOf(Train, HeldOut);
        Statistics = selection.Statistics(Train, HeldOut);
    }

    /// <summary>
    /// The <see cref="Hash"/> of the corpus that the shipped model was trained and measured on, from
    /// <see cref="CommittedVersion"/> of the pack.
    /// </summary>
    public const string CommittedHash = "9328a98506e214648c34922182b52f30578d5428abc5b2b65218b2d6ce9fbffc";

    /// <summary>The version of the pack behind <see cref="CommittedHash"/>.</summary>
    public static Version CommittedVersion { get; } = new(10, 0, 12);

    /// <summary>The documents to train on.</summary>
    public IReadOnlyList<CorpusDocument> Train { get; }

    /// <summary>The documents of the held-out namespaces, without those that training would give away.</summary>
    public IReadOnlyList<CorpusDocument> HeldOut { get; }

    /// <summary>SHA-256 over all documents in order, training first, as lower-case hexadecimal.</summary>
    public string Hash { get; }

    /// <summary>Whether this is the corpus of the committed figures; otherwise figures are not comparable with them.</summary>
    public bool MatchesCommitted => Hash == CommittedHash;

    /// <summary>Where the documentation was read.</summary>
    public RefPack Source { get; }

    /// <summary>Sizes and what was dropped.</summary>
    public CorpusStatistics Statistics { get; }

    /// <summary>Finds the documentation on this machine and builds the corpus; about two seconds.</summary>
    /// <param name="path">A folder to read instead of the installed one: the XML files themselves, one version of
    /// Microsoft.NETCore.App.Ref or all of it. Null: MOESAIC_DOTNET_REF, then the SDK, then NuGet's package folder.</param>
    /// <param name="version">The version of the pack; null: the highest 10.0.x.</param>
    /// <exception cref="BadModelException">No documentation is installed, or a file is damaged.</exception>
    public static DotnetDocsCorpus Load(string? path = null, Version? version = null) =>
        Load(Locate(path, version));

    /// <summary>Finds the documentation on this machine without reading it.</summary>
    /// <inheritdoc cref="Load(string, System.Version)"/>
    public static RefPack Locate(string? path = null, Version? version = null) => RefPackLocator.OfThisMachine().Find(path, version);

    internal static DotnetDocsCorpus Load(RefPack source)
    {
        var files = Directory.GetFiles(source.Folder, "*.xml");
        Array.Sort(files, (left, right) => string.CompareOrdinal(Path.GetFileName(left), Path.GetFileName(right)));
        if (files.Length == 0)
            throw new BadModelException($"{source.Folder} has no XML documentation (*.xml).");
        try
        {
            var read = files.AsParallel().AsOrdered().Select(DocFileReader.Read).ToArray();
            return new(source, new DocSelection([.. read.SelectMany(file => file)]));
        }
        catch (AggregateException error) when (error.InnerExceptions.OfType<BadModelException>().FirstOrDefault() is { } bad)
        {
            throw new BadModelException(bad.Message, error);
        }
    }

    /// <summary>The documents of one split.</summary>
    public IReadOnlyList<CorpusDocument> Documents(CorpusSplit split) => split == CorpusSplit.Train ? Train : HeldOut;

    /// <summary>
    /// Questions and answers for chat fine-tuning, in the order of the documents. Held-out pairs whose answer some
    /// training pair also gives are left out.
    /// </summary>
    public IReadOnlyList<InstructionPair> InstructionPairs(CorpusSplit split)
    {
        var train = DocQuestions.Of(trainEntries, new HashSet<ulong>());
        if (split == CorpusSplit.Train)
            return [.. train];
        var known = train.Select(pair => DocQuestions.Key(pair.Answer)).ToHashSet();
        return [.. DocQuestions.Of(heldOutEntries, known)];
    }

    /// <summary>The methods with parameters of one split, as questions whose answers are known, in the order of the documents.</summary>
    public IReadOnlyList<SignatureItem> Signatures(CorpusSplit split) => [.. SignatureItem.Of(split == CorpusSplit.Train ? trainEntries : heldOutEntries)];

    static CorpusDocument[] Documents(IReadOnlyList<DocEntry> entries) =>
        [.. entries.Select(entry => new CorpusDocument(entry.Namespace, entry.Id, entry.Text))];

    /// <summary>Each field ends with a byte that UTF-8 text never has; the split's number goes first.</summary>
    static string HashOf(params IReadOnlyList<CorpusDocument>[] splits)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var split = 0; split < splits.Length; split++)
        {
            hash.AppendData([(byte)split, 0xff]);
            foreach (var document in splits[split])
                foreach (var field in (string[])[document.Domain, document.Member, document.Text])
                {
                    hash.AppendData(Encoding.UTF8.GetBytes(field));
                    hash.AppendData([0xff]);
                }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

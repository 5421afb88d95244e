namespace Moesaic.Text.Corpora;

/// <summary>How the corpus came about: every member read is either a document or counted under one reason.</summary>
public sealed record CorpusStatistics
{
    /// <summary>Members found in the documentation files.</summary>
    public required int Members { get; init; }

    /// <summary>Members documented a second time in a later file.</summary>
    public required int RepeatedIds { get; init; }

    /// <summary>Members whose documentation has no words.</summary>
    public required int WithoutText { get; init; }

    /// <summary>Members whose normalised text an earlier member of the same split already has.</summary>
    public required int RepeatedTexts { get; init; }

    /// <summary>Members of whose 8-grams more than half occur in earlier members of the same split: overloads, mostly.</summary>
    public required int NearCopies { get; init; }

    /// <summary>Held-out members dropped because their normalised text occurs in training.</summary>
    public required int HeldOutTextsInTraining { get; init; }

    /// <summary>Held-out members dropped because more than half of their 8-grams occur in training.</summary>
    public required int HeldOutSharedGrams { get; init; }

    /// <summary>Size of the training texts as UTF-8.</summary>
    public required long TrainBytes { get; init; }

    /// <summary>Size of the held-out texts as UTF-8.</summary>
    public required long HeldOutBytes { get; init; }

    /// <summary>Different words (runs of letters and digits, lower case) in the training texts.</summary>
    public required int TrainVocabulary { get; init; }

    /// <summary>The namespaces held out, ordinal order, including those of which no document survived.</summary>
    public required IReadOnlyList<string> HeldOutNamespaces { get; init; }

    /// <summary>Namespaces with at least one document, largest text first.</summary>
    public required IReadOnlyList<CorpusDomain> Domains { get; init; }
}

/// <summary>One namespace of the corpus.</summary>
/// <param name="Name">The namespace.</param>
/// <param name="Split">The part it belongs to.</param>
/// <param name="Documents">Documents it contributes.</param>
/// <param name="Bytes">Their size as UTF-8.</param>
public sealed record CorpusDomain(string Name, CorpusSplit Split, int Documents, long Bytes);

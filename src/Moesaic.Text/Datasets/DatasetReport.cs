namespace Moesaic.Text.Datasets;

/// <summary>What <see cref="DatasetReader"/> read and what it left out; complete once the documents are enumerated.</summary>
public sealed class DatasetReport
{
    readonly List<string> skippedFiles = [];

    /// <summary>Files read.</summary>
    public int Files { get; internal set; }

    /// <summary>Documents yielded.</summary>
    public long Documents { get; internal set; }

    /// <summary>Texts that hold nothing but white space; they are left out.</summary>
    public long EmptyDocuments { get; internal set; }

    /// <summary>Files of the folder that are no dataset by their extension.</summary>
    public IReadOnlyList<string> SkippedFiles => skippedFiles;

    internal void Skip(IEnumerable<string> files) => skippedFiles.AddRange(files);
}

using System.Text;
using Moesaic.Formats;

namespace Moesaic.Text.Datasets;

/// <summary>Reads datasets from files and folders: plain text, JSON Lines and JSON arrays, all in UTF-8.</summary>
public static class DatasetReader
{
    const string Marker = "<|endoftext|>";
    const string Known = ".txt (text), .jsonl or .ndjson (one record a line), .json (an array of records)";

    /// <summary>
    /// Reads the documents of one file, or of all files below a folder in ordinal order of their paths. Files are opened
    /// one after the other while enumerating.
    /// </summary>
    /// <remarks>
    /// A record is recognised by its keys: <c>text</c>; <c>messages</c> (role, content, tool_calls...); <c>conversations</c>
    /// (from, value: ShareGPT); or a question (<c>instruction</c>, <c>prompt</c> or <c>question</c>), optionally an
    /// <c>input</c> or <c>context</c>, and an answer (<c>output</c>, <c>response</c>, <c>completion</c> or <c>answer</c>),
    /// which becomes a conversation of two turns. Other keys of a record are metadata and not used.
    /// </remarks>
    /// <param name="path">A file or a folder.</param>
    /// <param name="split">How .txt files are cut into documents.</param>
    /// <param name="report">
    /// Receives counts and the files left out. Without it a folder that holds files of other kinds is refused, so that
    /// nothing is left out unseen.
    /// </param>
    /// <exception cref="BadModelException">
    /// Nothing to read, invalid JSON, invalid UTF-8, an unknown record or role: the message names file and line.
    /// </exception>
    public static IEnumerable<Document> Read(
        string path, TextSplit split = TextSplit.EndOfText, DatasetReport? report = null)
    {
        var files = FilesOf(path, report);
        report ??= new DatasetReport();
        foreach (var file in files)
        {
            report.Files++;
            foreach (var document in ReadFile(file, split))
            {
                if (document.Text is { } text && string.IsNullOrWhiteSpace(text)) report.EmptyDocuments++;
                else
                {
                    report.Documents++;
                    yield return document;
                }
            }
        }
        if (report.Documents == 0)
            throw new BadModelException($"{path}: the dataset is empty: {report.Files} file(s) hold no text and no conversation.");
    }

    internal static List<string> FilesOf(string path, DatasetReport? report)
    {
        if (File.Exists(path))
        {
            if (!IsKnown(path)) throw new BadModelException($"{path}: unknown kind of dataset. Known are {Known}.");
            return [path];
        }
        if (!Directory.Exists(path)) throw new BadModelException($"{path}: there is no such file or folder.");

        var all = Directory.GetFiles(path, "*", SearchOption.AllDirectories);
        Array.Sort(all, StringComparer.Ordinal);
        var files = all.Where(IsKnown).ToList();
        var others = all.Where(file => !IsKnown(file)).ToList();
        if (files.Count == 0) throw new BadModelException($"{path}: the folder holds no dataset. Known are {Known}.");
        if (others.Count > 0 && report is null)
            throw new BadModelException($"{path}: these files are no dataset by their extension: {string.Join(", ", others)}. " +
                $"Move them elsewhere. Known are {Known}.");
        report?.Skip(others);
        return files;
    }

    static bool IsKnown(string path) => Extension(path) is ".txt" or ".jsonl" or ".ndjson" or ".json";

    internal static string Extension(string path) => Path.GetExtension(path).ToLowerInvariant();

    static IEnumerable<Document> ReadFile(string path, TextSplit split) => Extension(path) switch
    {
        ".txt" => ReadText(path, split),
        _ => JsonRecords.Read(path).Select(r => DocumentRecord.Read(r.Record, r.Where)),
    };

    static IEnumerable<Document> ReadText(string path, TextSplit split)
    {
        var text = new StringBuilder();
        var first = 1;
        foreach (var (number, bytes) in ByteLines.Read(path))
        {
            var line = Decode(bytes.Span, $"{path}, line {number}");
            if (split == TextSplit.BlankLines && string.IsNullOrWhiteSpace(line))
            {
                if (text.Length > 0) yield return Take();
                first = number + 1;
                continue;
            }
            for (int at; split == TextSplit.EndOfText && (at = line.IndexOf(Marker, StringComparison.Ordinal)) >= 0;)
            {
                text.Append(line, 0, at);
                yield return Take();
                first = number;
                line = line[(at + Marker.Length)..];
            }
            text.Append(line);
        }
        if (split == TextSplit.WholeFile || !IsBlank(text)) yield return Take();

        Document Take()
        {
            var whole = split == TextSplit.WholeFile ? text.ToString() : text.ToString().Trim('\r', '\n');
            text.Clear();
            return new Document(first == 1 ? path : $"{path}, line {first}", whole, null);
        }
    }

    static bool IsBlank(StringBuilder text)
    {
        foreach (var chunk in text.GetChunks())
            if (!chunk.Span.IsWhiteSpace()) return false;
        return true;
    }

    static string Decode(ReadOnlySpan<byte> utf8, string where)
    {
        StrictJson.CheckUtf8(utf8, where);
        return Encoding.UTF8.GetString(utf8);
    }
}

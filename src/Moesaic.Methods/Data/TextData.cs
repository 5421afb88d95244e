using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Text;
using Moesaic.Text.Chat;
using Moesaic.Text.Corpora;
using Moesaic.Text.Datasets;

namespace Moesaic.Methods.Data;

/// <summary>The text of a step as token samples. The one place where <see cref="DataOptions"/> becomes data.</summary>
/// <param name="Samples">In the order read.</param>
/// <param name="Tokens">Tokens of all samples together.</param>
/// <param name="Notes">What was left out, and what the figures rest on.</param>
public sealed record TextData(IReadOnlyList<TokenizedSample> Samples, long Tokens, IReadOnlyList<string> Notes)
{
    static readonly Lazy<DotnetDocsCorpus> DotnetDocs = new(() => DotnetDocsCorpus.Load());

    /// <summary>The documentation that the .NET SDK brings, read once.</summary>
    /// <exception cref="BadModelException">It is not installed.</exception>
    internal static DotnetDocsCorpus Docs => DotnetDocs.Value;

    /// <summary>The data as an input of a step: its content belongs to the step's identity.</summary>
    /// <param name="name">What the recipe calls it.</param>
    /// <param name="options">The data.</param>
    /// <exception cref="BadModelException">There is no such file, or the .NET documentation is not installed.</exception>
    public static StepInput Input(string name, DataOptions options)
    {
        if (options.IsDotnetDocs) return new StepInput(name, null, DotnetDocs.Value.Hash);
        Check(options);
        return new StepInput(name, options.Path);
    }

    /// <summary>Reads and tokenizes.</summary>
    /// <param name="options">What to read.</param>
    /// <param name="part">The part of dotnet-docs when the options name none.</param>
    /// <param name="tokenizer">The model's, see <see cref="ModelTokenizer"/>.</param>
    /// <param name="seed">Draws the documents when the tokens are limited.</param>
    /// <param name="template">The model's chat template, with which conversations are written; null: they are refused.</param>
    /// <param name="tasks">The tasks of the model, <see cref="ModelSpec.Tasks"/>; null: it has none.</param>
    /// <param name="cancellation">Stops between documents.</param>
    /// <exception cref="BadModelException">The data is missing, damaged or empty.</exception>
    /// <exception cref="BadRequestException">It holds conversations and the model has no template, options contradict the data, or its task is not one of the model's.</exception>
    public static TextData Read(DataOptions options, CorpusSplit part, ITokenizer tokenizer, ulong seed,
        ChatTemplate? template = null, IReadOnlyList<string>? tasks = null, CancellationToken cancellation = default)
    {
        var task = TaskNames.Find(tasks ?? [], options.Task, options.Path);
        var builder = new SampleBuilder(tokenizer, new SampleOptions { OneTurnPerSample = options.OneTurnPerSample }, template);
        var notes = new List<string>();
        var documents = Documents(options, part, notes);
        if (options.Tokens is not null) documents = Shuffled([.. documents], seed);

        var built = new List<TokenizedSample>();
        long tokens = 0;
        foreach (var document in documents)
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var sample in builder.Build(document))
            {
                built.Add(task < 0 ? sample : sample with { Task = task });
                tokens += sample.Tokens.Length;
            }
            if (tokens >= options.Tokens) break;
        }
        if (tokens < options.Tokens) notes.Add($"{options.Path} holds {tokens} tokens, fewer than the {options.Tokens} asked for");
        return new TextData(built, tokens, notes);
    }

    /// <summary>Reads without a tokenizer, to learn one: the texts, of conversations every message.</summary>
    /// <param name="options">What to read, all of it.</param>
    /// <param name="part">The part of dotnet-docs when the options name none.</param>
    /// <param name="notes">Is told what was left out.</param>
    /// <exception cref="BadRequestException">The options limit the tokens, which nothing can count yet.</exception>
    public static IEnumerable<string> Texts(DataOptions options, CorpusSplit part, List<string> notes)
    {
        if (options.Tokens is not null)
            throw new BadRequestException($"{options.Path}: without a tokenizer, tokens cannot be counted; leave the limit out.");
        return Documents(options, part, notes).SelectMany(d => d.Text is { } text ? [text] : d.Messages!.Select(m => m.Content ?? ""));
    }

    static IEnumerable<Document> Documents(DataOptions options, CorpusSplit part, List<string> notes)
    {
        Check(options);
        return options.IsDotnetDocs ? Corpus(options.Part ?? part, options.Chat, notes) : Files(options, notes);
    }

    static IEnumerable<Document> Corpus(CorpusSplit part, bool chat, List<string> notes)
    {
        if (!DotnetDocs.Value.MatchesCommitted)
            notes.Add($"dotnet-docs is of version {DotnetDocs.Value.Source.Version}, not {DotnetDocsCorpus.CommittedVersion}: " +
                "figures compare with each other, not with published ones");
        return chat ? DotnetDocs.Value.InstructionPairs(part).Select(p => p.ToDocument()) : DotnetDocs.Value.Documents(part).Select(d => d.ToDocument());
    }

    static IEnumerable<Document> Files(DataOptions options, List<string> notes)
    {
        var report = new DatasetReport();
        foreach (var document in DatasetReader.Read(options.Path, options.Split, report)) yield return document;
        if (report.EmptyDocuments > 0) notes.Add($"{options.Path}: {report.EmptyDocuments} empty documents left out");
        if (report.SkippedFiles.Count > 0)
            notes.Add($"{options.Path}: no data by their extension and left out: {string.Join(", ", report.SkippedFiles)}");
    }

    static IEnumerable<Document> Shuffled(Document[] documents, ulong seed) =>
        Shuffle.Order(documents.Length, seed, epoch: 0).Select(i => documents[i]);

    static void Check(DataOptions options)
    {
        if (options.IsDotnetDocs) return;
        if (options.Part is not null)
            throw new BadRequestException($"{options.Path}: only {DataOptions.DotnetDocs} has parts; leave part out, and give another path for other text.");
        if (options.Chat)
            throw new BadRequestException($"{options.Path}: chat asks {DataOptions.DotnetDocs} for questions and answers; conversations in files are recognised by themselves.");
        if (!File.Exists(options.Path) && !Directory.Exists(options.Path))
            throw new BadModelException($"{options.Path}: there is no such file or folder, nor is it the name of a corpus ({DataOptions.DotnetDocs}).");
    }
}

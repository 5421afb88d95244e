using Moesaic.Formats;
using Moesaic.Inference;
using Moesaic.Kernels;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Reports;
using Moesaic.Methods.Steps;
using Moesaic.Models.Gguf;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Methods.Conversion;

/// <summary>Writes a model as a GGUF file: in other words, or in fewer bits.</summary>
public sealed class GgufExport : IDisposable
{
    // Values narrowed a second by one thread, to be on the safe side; measured on block types, which search for scales.
    const double PlainSpeed = 2e8, BlockSpeed = 5e7, SearchSpeed = 6e6;

    readonly ConversionOptions options;
    readonly StoredWeights source;
    readonly GgufModelWriter writer;
    readonly List<string> notes = [];

    /// <summary>Opens the source and checks that GGUF can carry it; no weights are read.</summary>
    /// <param name="options">From what into what.</param>
    /// <exception cref="BadRequestException">GGUF cannot carry the model or its tokenizer exactly; the message names the feature.</exception>
    /// <exception cref="BadModelException">The source is damaged or not supported.</exception>
    public GgufExport(ConversionOptions options)
    {
        options.Validate();
        this.options = options;
        source = options.Open();
        try
        {
            // A part of a file keeps its blocks unless it is to have others.
            writer = options.Encoding is null && options.Embeddings is null && GgufFile.Is(options.Input) ? GgufModelWriter.AsStored(source)
                : new GgufModelWriter(source, options.Encoding ?? Plain(source), options.Embeddings);
            notes.AddRange(source.Notes);
            if (!GgufFile.Is(options.Input)) Describe();
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>What writing will cost.</summary>
    public StepPlan Plan()
    {
        double seconds = 0;
        foreach (var tensor in writer.Plans)
            seconds += tensor.BytesAfter / Math.Max(1, tensor.Encoding.BlockBytes()) * (double)tensor.Encoding.BlockLength()
                / (tensor.Encoding.BlockLength() switch { 1 => PlainSpeed, 32 => BlockSpeed, _ => SearchSpeed } * WorkerTeam.Threads);
        return new StepPlan
        {
            Summary = $"{source.Layout} to {options.Output}: {Encodings(writer.Plans)}",
            ReadBytes = source.Bytes,
            PeakMemoryBytes = 130_000_000 + 400L * source.Spec.VocabularySize,
            Seconds = Math.Max(1, seconds),
            OutputBytes = writer.TensorBytes + 40L * source.Spec.VocabularySize,
            Notes = [.. notes, .. Fallbacks()],
        };
    }

    /// <summary>Writes the file.</summary>
    /// <param name="progress">Told the bytes written.</param>
    /// <param name="cancellation">Stops; nothing is left behind.</param>
    public StepReport Run(IProgressReporter progress, CancellationToken cancellation)
    {
        IReadOnlyList<GgufWrittenTensor> tensors;
        using (var task = progress.Begin($"write {options.Output}", writer.TensorBytes, "bytes"))
        {
            long done = 0;
            tensors = writer.Write(options.Output, bytes => task.Report(done += bytes), cancellation);
        }
        return new StepReport
        {
            Summary = $"Wrote {source.Layout} to {options.Output}: {Encodings(tensors)}.",
            Figures =
            [
                new("weights_before", tensors.Sum(t => t.BytesBefore), "bytes"),
                new("weights", tensors.Sum(t => t.BytesAfter), "bytes"),
                new("file", new FileInfo(options.Output).Length, "bytes"),
                new("largest_relative_error", tensors.Max(t => t.RelativeError!.Value)),
            ],
            Tables =
            [
                new ReportTable("Tensors", ["tensor", "encoding", "bytes before", "bytes", "relative error"],
                    [.. tensors.Select(t => (IReadOnlyList<string>)
                    [
                        t.Name, t.Encoding == t.Wanted ? t.Encoding.Name() : $"{t.Encoding.Name()} for {t.Wanted.Name()}",
                        FigureText.Of(t.BytesBefore), FigureText.Of(t.BytesAfter), FigureText.Of(t.RelativeError!.Value),
                    ])]),
            ],
            Notes = [.. notes, .. Fallbacks()],
        };
    }

    /// <summary>Closes the source.</summary>
    public void Dispose() => source.Dispose();

    /// <summary>Name, tokenizer and the tokens that end a text.</summary>
    void Describe()
    {
        var (spec, metadata) = (source.Spec, writer.Metadata);
        metadata.Set("general.type", GgufValue.Of("model"));
        metadata.Set("general.name", GgufValue.Of(Path.GetFileName(source.Path.TrimEnd('/', '\\'))));
        notes.AddRange(GgufTokenizer.Write(source.Path, spec.VocabularySize, metadata));
        if (!GgufTokenizer.IsIn(metadata)) return;
        var ends = EndOfText.Ids(source.Path, spec, TokenizerLoader.Load(source.Path)).Order().ToList();
        const string Main = "tokenizer.ggml.eos_token_id";
        if (metadata.IntOrNull(Main) is { } eos) ends.Remove(eos);
        else if (ends.Count > 0)
        {
            metadata.Set(Main, GgufValue.Of((uint)ends[0]));
            ends.RemoveAt(0);
        }
        foreach (var (role, id) in new[] { "eot", "eom" }.Zip(ends))
            metadata.Set($"tokenizer.ggml.{role}_token_id", GgufValue.Of((uint)id));
        if (ends.Count > 2) notes.Add($"GGUF names three tokens that end a text; left out: {string.Join(", ", ends.Skip(2))}");
    }

    IEnumerable<string> Fallbacks() => writer.Plans.Where(t => t.Encoding != t.Wanted).GroupBy(t => (t.Wanted, t.Encoding)).Select(g =>
        FormattableString.Invariant($"{g.Count()} tensor(s) are stored as {g.Key.Encoding.Name()}: ")
        + $"their rows are no whole number of {g.Key.Wanted.Name()} blocks "
        + $"({string.Join(", ", g.Take(4).Select(t => t.Name))}{(g.Count() > 4 ? ", ..." : "")})");

    static string Encodings(IEnumerable<GgufWrittenTensor> tensors) => string.Join(", ", tensors.GroupBy(t => t.Encoding)
        .OrderByDescending(g => g.Sum(t => t.BytesAfter)).Select(g => FormattableString.Invariant($"{g.Count()} tensors in {g.Key.Name()}")));

    /// <summary>What most bytes are stored in.</summary>
    static WeightEncoding Plain(StoredWeights source) => source.Parameters.Where(p => p.Rows > 1)
        .GroupBy(p => p.Encoding ?? WeightEncoding.F32).MaxBy(g => g.Sum(p => (long)p.Rows * p.Columns))!.Key;
}

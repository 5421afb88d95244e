using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Methods.Progress;
using Moesaic.Methods.Steps;
using Moesaic.Models;
using Moesaic.Models.Architectures;
using Moesaic.Models.Loading;
using Moesaic.Text;

namespace Moesaic.Methods.Conversion;

/// <summary>Writes a GGUF file as a Hugging Face folder, in the most standard layout that holds the model exactly.</summary>
public sealed class GgufImport : IDisposable
{
    const int PieceValues = 1 << 21;

    readonly ConversionOptions options;
    readonly GgufFile file;
    readonly StoredWeights source;
    readonly IArchitecture architecture;
    readonly TensorType type;
    readonly List<string> notes = [];
    double error, size;

    /// <summary>Opens the file; no weights are read.</summary>
    /// <param name="options">From what into what.</param>
    /// <exception cref="BadRequestException">The encoding asked for is none that a folder can have.</exception>
    /// <exception cref="BadModelException">The file is damaged or not supported.</exception>
    public GgufImport(ConversionOptions options)
    {
        options.Validate();
        this.options = options;
        var wanted = options.FolderType();
        file = GgufFile.Open(options.Input);
        try
        {
            source = options.Open();
        }
        catch
        {
            file.Dispose();
            throw;
        }
        architecture = ArchitectureRegistry.MostStandard(source.Spec, out _);
        type = wanted ?? source.PlainType;
        notes.AddRange(source.Notes);
        notes.AddRange(Losses());
    }

    long TensorBytes => source.Parameters.Sum(p => (long)p.Rows * p.Columns * TypeOf(p).ByteSize());

    /// <summary>What writing will cost.</summary>
    public StepPlan Plan() => new()
    {
        Summary = $"{source.Layout} to {options.Output}: {architecture.ModelType} in {type}",
        ReadBytes = source.Bytes,
        PeakMemoryBytes = 100_000_000 + 800L * source.Spec.VocabularySize,
        Seconds = Math.Max(1, TensorBytes / 2e8),
        OutputBytes = TensorBytes,
        Notes = notes,
    };

    /// <summary>Writes the folder.</summary>
    /// <param name="progress">Told the bytes written.</param>
    /// <param name="cancellation">Stops; nothing is left behind.</param>
    public StepReport Run(IProgressReporter progress, CancellationToken cancellation)
    {
        IReadOnlyList<string> files;
        using (var task = progress.Begin($"write {options.Output}", TensorBytes, "bytes"))
        {
            files = HfFolderWriter.Write(options.Output, new HfFolderContent
            {
                Config = architecture.WriteConfig(source.Spec, type),
                Tensors =
                [
                    .. source.Parameters.Where(p => !architecture.InterleavesExperts || p.Role != ParameterRole.Experts).Select(Tensor),
                    .. architecture.InterleavesExperts ? InterleavedExperts.Sources(source.Spec, type, Whole) : [],
                ],
                ExtraFiles = Tokenizer(),
            }, new HfFolderOptions { Overwrite = options.Overwrite, Progress = new ToldAtOnce(done => task.Report(done)) }, cancellation);
        }
        return new StepReport
        {
            Summary = $"Wrote {source.Layout} to {options.Output}: {architecture.ModelType} in {type}.",
            Figures =
            [
                new("weights_before", source.Bytes, "bytes"), new("weights", TensorBytes, "bytes"),
                new("relative_error", size > 0 ? Math.Sqrt(error / size) : 0),
            ],
            Notes = [.. notes, $"files: {string.Join(", ", files)}"],
        };
    }

    /// <summary>Closes the source.</summary>
    public void Dispose()
    {
        source.Dispose();
        file.Dispose();
    }

    IReadOnlyDictionary<string, byte[]> Tokenizer()
    {
        if (GgufTokenizer.IsIn(file.Metadata)) return GgufTokenizer.HuggingFaceFiles(file.Metadata);
        notes.Add("the file has no tokenizer: the folder has none either");
        return new Dictionary<string, byte[]>(StringComparer.Ordinal);
    }

    TensorSource Tensor(StoredParameter parameter)
    {
        ReadOnlySpan<long> shape = parameter.IsVector ? [parameter.Columns] : [parameter.Rows, parameter.Columns];
        return new TensorSource(architecture.TensorName(parameter.Name), TypeOf(parameter), shape, sink =>
        {
            var rows = Math.Clamp(PieceValues / parameter.Columns, 1, parameter.Rows);
            float[] values = new float[rows * parameter.Columns], rounded = new float[values.Length];
            for (var first = 0; first < parameter.Rows; first += rows)
            {
                var piece = values.AsSpan(0, Math.Min(rows, parameter.Rows - first) * parameter.Columns);
                source.Read(parameter, first, piece);
                sink.WriteFloats(piece);
                Compare(piece, rounded.AsSpan(0, piece.Length), TypeOf(parameter));
            }
            source.Release(parameter);
        });
    }

    float[] Whole(string name)
    {
        var parameter = source.Find(name);
        var values = new float[parameter.Rows * parameter.Columns];
        source.Read(parameter, 0, values);
        source.Release(parameter);
        Compare(values, new float[values.Length], type);
        return values;
    }

    // As when a model is saved: small steps of these biases would vanish in half precision.
    TensorType TypeOf(StoredParameter parameter) => parameter.Role == ParameterRole.SelectionBias ? TensorType.F32 : type;

    void Compare(ReadOnlySpan<float> before, Span<float> after, TensorType type)
    {
        size += Elementwise.SumOfSquares(before);
        if (type == TensorType.F32) return;
        var encoding = type == TensorType.F16 ? WeightEncoding.F16 : WeightEncoding.BF16;
        var bytes = new byte[before.Length * type.ByteSize()];
        BlockCodec.Encode(encoding, before, before.Length, [], bytes);
        BlockCodec.Decode(encoding, bytes, after);
        for (var i = 0; i < after.Length; i++) after[i] -= before[i];
        error += Elementwise.SumOfSquares(after);
    }

    /// <summary>What going back from few bits means.</summary>
    IEnumerable<string> Losses()
    {
        var blocks = source.Parameters.Select(p => p.Encoding).OfType<WeightEncoding>().Where(e => e.BlockLength() > 1).Distinct().ToList();
        if (blocks.Count == 0) yield break;
        yield return $"weights were stored in {string.Join(", ", blocks.Select(b => b.Name()))}: "
            + "what that rounded away does not come back, " + (type == TensorType.F32
                ? "their values as they are now are kept exactly"
                : $"and their values are rounded once more, to {type}; --encoding f32 keeps them exactly");
    }
}

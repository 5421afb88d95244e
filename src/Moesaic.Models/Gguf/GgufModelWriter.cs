using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Loading;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Gguf;

/// <summary>What became of a tensor.</summary>
/// <param name="Name">In the file.</param>
/// <param name="Wanted">The encoding asked for.</param>
/// <param name="Encoding">The encoding it got: another one when its rows are no whole number of blocks.</param>
/// <param name="BytesBefore">As it was stored.</param>
/// <param name="BytesAfter">As it is stored now.</param>
/// <param name="RelativeError">‖after − before‖ / ‖before‖; null before it was written.</param>
public sealed record GgufWrittenTensor(
    string Name, WeightEncoding Wanted, WeightEncoding Encoding, long BytesBefore, long BytesAfter, double? RelativeError = null);

/// <summary>Writes a stored model as a GGUF file, one piece of a tensor in memory at a time.</summary>
public sealed class GgufModelWriter
{
    readonly StoredWeights source;
    readonly List<(GgufTensor Tensor, GgufWrittenTensor Plan)> tensors = [];
    readonly ModelSpec spec;
    readonly bool foldsScale;

    /// <summary>Plans the file; nothing is read or written yet.</summary>
    /// <param name="source">The model; must outlive this.</param>
    /// <param name="matrices">Encoding of matrices. Norms, biases and routers are always float32.</param>
    /// <param name="embeddings">Encoding of the embedding table and the head; null: that of the other matrices.</param>
    /// <exception cref="BadRequestException">GGUF cannot carry the model exactly; the message names the feature.</exception>
    public GgufModelWriter(StoredWeights source, WeightEncoding matrices, WeightEncoding? embeddings = null) : this(source, (tensor, _) =>
        tensor.IsVector || tensor.Kind is GgufTensorKind.Row or GgufTensorKind.Router ? WeightEncoding.F32
            : tensor.Name is "token_embd.weight" or "output.weight" ? embeddings ?? matrices : matrices, matrices)
    {
    }

    /// <summary>Plans a file whose tensors are encoded as they are stored: every block of what stays is copied byte for byte.</summary>
    /// <param name="source">A GGUF file or a part of one; must outlive this.</param>
    /// <exception cref="BadRequestException">GGUF cannot carry the part exactly, or experts that belong into one tensor are encoded differently.</exception>
    public static GgufModelWriter AsStored(StoredWeights source)
    {
        var matrices = source.Parameters.Where(p => p.Rows > 1 && p.Encoding is not null).GroupBy(p => p.Encoding!.Value)
            .MaxBy(g => g.Sum(p => (long)p.Rows * p.Columns))?.Key ?? WeightEncoding.F32;
        return new GgufModelWriter(source, (tensor, stored) => stored.Distinct().Count() == 1 ? stored[0] ?? WeightEncoding.F32
            : throw new BadRequestException($"{source.Path}: the experts of {tensor.Name} are stored as {string.Join(" and ", stored.Distinct().Select(e => e?.Name() ?? "F32"))}, "
                + "which one tensor cannot hold without encoding them anew; moesaic quantize does that."), matrices);
    }

    GgufModelWriter(StoredWeights source, Func<GgufTensor, IReadOnlyList<WeightEncoding?>, WeightEncoding> encodings, WeightEncoding matrices)
    {
        this.source = source;
        spec = source.Spec;
        Metadata = new GgufMetadata(source.Path);
        var part = source as SelectedWeights;
        var gguf = (part?.Whole ?? source) as GgufWeights;
        var architecture = gguf is null ? GgufArchitectures.For(spec) : GgufArchitectures.Of(gguf.Metadata);
        if (gguf is not null) Copy(gguf.Metadata, architecture);
        if (gguf is not null && part is not null) GgufArchitectures.Check(architecture, spec);
        if (gguf is null || part is not null) GgufArchitectures.WriteSpec(architecture, spec, Metadata);
        foldsScale = !architecture.CarriesScale;
        foreach (var tensor in GgufTensors.Of(spec, architecture))
            tensors.Add((tensor, Plan(tensor, encodings(tensor, [.. tensor.Parameters.Select(p => source.Find(p).Encoding)]))));
        Metadata.Set("general.file_type", GgufValue.Of((uint)FileType(matrices)));
        if (Plans.Any(t => t.Encoding.BlockLength() > 1)) Metadata.Set("general.quantization_version", GgufValue.Of(2u));
    }

    /// <summary>Keys of the file, to which others may be added: names, the tokenizer.</summary>
    public GgufMetadata Metadata { get; }

    /// <summary>The tensors as they will be written.</summary>
    public IEnumerable<GgufWrittenTensor> Plans => tensors.Select(t => t.Plan);

    /// <summary>Bytes of all tensors.</summary>
    public long TensorBytes => Plans.Sum(t => t.BytesAfter);

    /// <summary>Writes the file at once or not at all.</summary>
    /// <param name="path">An old file is replaced.</param>
    /// <param name="progress">Told the bytes of tensors as they are written, piece by piece; null for nobody.</param>
    /// <param name="cancellation">Stops between pieces; nothing is left behind.</param>
    /// <returns>The tensors with their errors.</returns>
    /// <exception cref="BadModelException">A weight is not finite or beyond what its encoding holds.</exception>
    public IReadOnlyList<GgufWrittenTensor> Write(string path, Action<long>? progress = null, CancellationToken cancellation = default)
    {
        var written = new List<GgufWrittenTensor>();
        var sources = tensors.Select(t => new GgufTensorSource(t.Tensor.Name, GgufTensorType.Of(t.Plan.Encoding.GgufType()), t.Tensor.Shape,
            sink => written.Add(t.Plan with { RelativeError = Deliver(t.Tensor, t.Plan.Encoding, sink) }))).ToList();
        if (GgufRope.Source(spec.Rope, spec.Layers[0].Attention.RotaryDim) is { } rope) sources.Insert(1, rope);
        GgufWriter.Write(path, Metadata, sources, progress, cancellation);
        return written;
    }

    void Copy(GgufMetadata from, IGgufArchitecture architecture)
    {
        // The projection from a latent is always written as one tensor, and the keys must say so.
        string[] ofPairs = [$"{architecture.Name}.{GgufKeys.KeyLengthLatent}", $"{architecture.Name}.{GgufKeys.ValueLengthLatent}"];
        foreach (var (key, value) in from.Entries)
            if (key != "general.alignment" && !key.StartsWith("split.", StringComparison.Ordinal) && !ofPairs.Contains(key)) Metadata.Set(key, value);
        if (ofPairs.Any(from.Has)) architecture.WriteLayers(spec, new GgufKeys(Metadata, null, architecture.Name));
    }

    GgufWrittenTensor Plan(GgufTensor tensor, WeightEncoding wanted)
    {
        var stored = tensor.Parameters.Select(source.Find).ToList();
        long rows = (long)tensor.Rows * tensor.Parameters.Count;
        var encoding = wanted.Fallback(tensor.Columns);
        if (!wanted.CanEncode() && stored.Any(p => p.Encoding != encoding))
            throw new BadRequestException($"{wanted.Name()} can be read but not written; choose another encoding.");
        return new GgufWrittenTensor(tensor.Name, wanted, encoding,
            stored.Sum(p => p.Bytes),
            rows * encoding.RowBytes(tensor.Columns));
    }

    double Deliver(GgufTensor tensor, WeightEncoding encoding, GgufTensorSink sink)
    {
        var (error, size) = (0.0, 0.0);
        foreach (var name in tensor.Parameters)
        {
            var parameter = source.Find(name);
            var scale = foldsScale && tensor.Name.Contains(".ffn_down_exps.", StringComparison.Ordinal) ? ScaleOf(tensor) : 1f;
            // Blocks move as they are: their rows keep every bit.
            if (parameter.Encoding == encoding && encoding.BlockLength() > 1 && scale == 1f)
                for (var r = 0; r < tensor.Rows; r++) sink.Write(source.Row(parameter, tensor.OfStored(r)));
            else
            {
                var (e, s) = Encode(tensor, parameter, encoding, scale, sink);
                (error, size) = (error + e, size + s);
            }
            source.Release(parameter);
        }
        return size > 0 ? Math.Sqrt(error / size) : 0;
    }

    /// <summary>Returns the sums of squares of the error and of the values.</summary>
    (double Error, double Size) Encode(
        GgufTensor tensor, StoredParameter parameter, WeightEncoding encoding, float scale, GgufTensorSink sink)
    {
        var rowsAtOnce = Math.Clamp((1 << 21) / tensor.Columns, 1, tensor.Rows);
        float[] values = new float[rowsAtOnce * tensor.Columns], decoded = new float[values.Length];
        var blocks = new byte[rowsAtOnce * encoding.RowBytes(tensor.Columns)];
        var (error, size) = (0.0, 0.0);
        for (int first = 0, count; first < tensor.Rows; first += count)
        {
            count = Math.Min(rowsAtOnce, tensor.Rows - first);
            var piece = values.AsSpan(0, count * tensor.Columns);
            Read(tensor, parameter, first, piece);
            if (scale != 1f) TensorPrimitives.Multiply(piece, scale, piece);
            var bytes = blocks.AsSpan(0, (int)(count * encoding.RowBytes(tensor.Columns)));
            try
            {
                BlockCodec.Encode(encoding, piece, tensor.Columns, [], bytes);
            }
            catch (UnencodableValueException e)
            {
                throw new BadModelException($"{source.Path}: {parameter.Name} from row {first}: {e.Message} Choose another encoding.", e);
            }
            sink.Write(bytes);
            var after = decoded.AsSpan(0, piece.Length);
            BlockCodec.Decode(encoding, bytes, after);
            TensorPrimitives.Subtract(after, piece, after);
            error += Elementwise.SumOfSquares(after);
            size += Elementwise.SumOfSquares(piece);
        }
        return (error, size);
    }

    /// <summary>Rows in the order they are stored in; a vector's elements likewise.</summary>
    void Read(GgufTensor tensor, StoredParameter parameter, int first, Span<float> values)
    {
        if (tensor.HeadDim == 0) source.Read(parameter, first, values);
        else if (tensor.Kind != GgufTensorKind.Vector)
            for (var r = 0; r < values.Length / tensor.Columns; r++)
                source.Read(parameter, tensor.OfStored(first + r), values.Slice(r * tensor.Columns, tensor.Columns));
        else
        {
            var ours = new float[values.Length];
            source.Read(parameter, first, ours);
            for (var i = 0; i < values.Length; i++) values[i] = ours[tensor.OfStored(i)];
        }
    }

    /// <summary>The scale of the combine weights goes into the routed experts: Σ s wⱼ Eⱼ(x) = Σ wⱼ (s Eⱼ)(x).</summary>
    float ScaleOf(GgufTensor tensor)
    {
        var layer = int.Parse(tensor.Name.AsSpan(4, tensor.Name.IndexOf('.', 4) - 4), System.Globalization.CultureInfo.InvariantCulture);
        return spec.Mixture(layer).Router.Scale;
    }

    /// <summary>The number other programs show (llama_ftype); it has no effect.</summary>
    static int FileType(WeightEncoding encoding) => encoding switch
    {
        WeightEncoding.F32 => 0,
        WeightEncoding.F16 => 1,
        WeightEncoding.Q4_0 => 2,
        WeightEncoding.Q4_1 => 3,
        WeightEncoding.Q8_0 => 7,
        WeightEncoding.Q5_0 => 8,
        WeightEncoding.Q5_1 => 9,
        WeightEncoding.Q2_K => 10,
        WeightEncoding.Q3_K => 11,
        WeightEncoding.Q4_K => 14,
        WeightEncoding.Q5_K => 16,
        WeightEncoding.Q6_K => 18,
        WeightEncoding.IQ2_XXS => 19,
        WeightEncoding.IQ4_NL => 25,
        WeightEncoding.BF16 => 32,
        WeightEncoding.MXFP4 => 38,
        _ => 1024,      // "guessed"
    };
}

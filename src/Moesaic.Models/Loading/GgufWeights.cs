using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Gguf;

namespace Moesaic.Models.Loading;

/// <summary>The weights of a GGUF file. Experts may be packed into one tensor or have one each.</summary>
sealed class GgufWeights : StoredWeights
{
    readonly GgufFile file;
    readonly Dictionary<string, Place> places = new(StringComparer.Ordinal);
    readonly Dictionary<string, GgufLatentPair> pairs = new(StringComparer.Ordinal);
    readonly List<StoredParameter> parameters = [];
    readonly List<string> notes = [];

    GgufWeights(GgufFile file)
    {
        this.file = file;
        Spec = GgufArchitectures.ReadSpec(file);
        var architecture = GgufArchitectures.Of(file.Metadata);
        Layout = $"{architecture.Name} in GGUF";
        var account = new GgufAccount(file);
        foreach (var tensor in GgufTensors.Of(Spec, architecture))
        {
            if (GgufLatentPair.Of(file, tensor, Spec, account) is { } pair) Add(tensor, pair);
            else if (tensor.Kind == GgufTensorKind.Experts && file.Find(tensor.Name) is null)
                for (var e = 0; e < tensor.Parameters.Count; e++)
                    Add(tensor, e, account.Take(tensor.NameOfExpert(e), [tensor.Rows, tensor.Columns]), 0);
            else
            {
                var info = account.Take(tensor.Name, tensor.Shape);
                for (var e = 0; e < tensor.Parameters.Count; e++) Add(tensor, e, info, (long)e * tensor.Rows);
            }
        }
        account.Accept(GgufRope.Tensor);
        account.Finish();
    }

    public override string Path => file.Path;

    public override ModelSpec Spec { get; }

    public override string Layout { get; }

    public override TensorType PlainType
    {
        get
        {
            var encodings = parameters.Where(p => p.Rows > 1).Select(p => p.Encoding).OfType<WeightEncoding>().Distinct().ToList();
            // Blocks of a few bits and a half-precision scale fit half precision best.
            return encodings.TrueForAll(e => e == WeightEncoding.F32) ? TensorType.F32
                : encodings.Contains(WeightEncoding.BF16) ? TensorType.BF16 : TensorType.F16;
        }
    }

    public override long Bytes => file.Tensors.Sum(t => t.ByteLength);

    public override IReadOnlyList<string> Notes => notes;

    public override IReadOnlyList<StoredParameter> Parameters => parameters;

    /// <summary>Keys and values of the file.</summary>
    public GgufMetadata Metadata => file.Metadata;

    public static new GgufWeights Open(string path)
    {
        var file = GgufFile.Open(path);
        try
        {
            return new GgufWeights(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public override StoredParameter Find(string name) =>
        places.TryGetValue(name, out var place) ? place.Parameter : parameters.First(p => p.Name == name);

    public override void Read(StoredParameter parameter, int firstRow, Span<float> values)
    {
        if (pairs.TryGetValue(parameter.Name, out var pair))
        {
            pair.Read(firstRow, values);
            return;
        }
        var place = places[parameter.Name];
        for (var done = 0; done < values.Length;)
        {
            // Rows that lie in a row are decoded together.
            var row = firstRow + done / parameter.Columns;
            var count = place.Tensor.HeadDim != 0 ? 1
                : Math.Min((values.Length - done) / parameter.Columns, Math.Max(1, (1 << 22) / parameter.Columns));
            var piece = values.Slice(done, count * parameter.Columns);
            BlockCodec.Decode(place.Encoding, file.Bytes(place.Info, place.OffsetOf(row), (int)(count * place.Info.RowBytes)), piece);
            if ((int)Elementwise.FirstNonFinite(piece) is >= 0 and var bad)
                throw new BadModelException($"{file.Path}: tensor {place.Info} holds " + FormattableString.Invariant(
                    $"{piece[bad]} in row {row + bad / parameter.Columns}") + $" of {parameter.Name}; the file is damaged or its training diverged.");
            done += piece.Length;
        }
        if (place.Tensor is { Kind: GgufTensorKind.Vector, HeadDim: > 0 }) Reorder(place.Tensor, values);
    }

    public override ReadOnlySpan<byte> Row(StoredParameter parameter, int row)
    {
        var place = places[parameter.Name];
        return file.Bytes(place.Info, place.OffsetOf(row), checked((int)place.Info.RowBytes));
    }

    public override void Release(StoredParameter parameter)
    {
        if (pairs.TryGetValue(parameter.Name, out var pair))
        {
            pair.Release();
            return;
        }
        // Rows may be stored in another order within the parameter, but not outside it.
        var place = places[parameter.Name];
        file.Release(place.Info, place.FirstRow * place.Info.RowBytes, parameter.Rows * place.Info.RowBytes);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
    }

    /// <summary>A bias is one row, whose elements are in the order of the projection's rows.</summary>
    static void Reorder(GgufTensor tensor, Span<float> values)
    {
        var stored = values.ToArray();
        for (var i = 0; i < stored.Length; i++) values[i] = stored[tensor.ToStored(i)];
    }

    void Add(GgufTensor tensor, GgufLatentPair pair)
    {
        parameters.Add(Parameter(tensor, 0, null) with { Bytes = pair.Bytes });
        pairs.Add(tensor.Parameters[0], pair);
    }

    void Add(GgufTensor tensor, int index, GgufTensorInfo? info, long firstRow)
    {
        if (info is null) return;
        if (!WeightEncodings.TryFromGguf(info.Type.Id, out var encoding))
            throw new BadModelException($"{file.Path}: {info} is stored in a way that is not supported "
                + $"(supported: {string.Join(", ", Enum.GetValues<WeightEncoding>().Select(e => e.Name()))}).");
        var parameter = Parameter(tensor, index, encoding);
        parameters.Add(parameter);
        places.Add(parameter.Name, new Place(tensor, info, firstRow, encoding, parameter));
    }

    static StoredParameter Parameter(GgufTensor tensor, int index, WeightEncoding? encoding) =>
        new(tensor.Parameters[index], tensor.Rows, tensor.Columns, encoding) { Role = tensor.Role, IsVector = tensor.IsVector };

    sealed record Place(GgufTensor Tensor, GgufTensorInfo Info, long FirstRow, WeightEncoding Encoding, StoredParameter Parameter)
    {
        public long OffsetOf(int row) => (FirstRow + (Tensor.Kind == GgufTensorKind.Vector ? row : Tensor.ToStored(row))) * Info.RowBytes;
    }
}

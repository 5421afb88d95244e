using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Architectures;
using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>The weights of a Hugging Face folder.</summary>
sealed class HfWeights : StoredWeights
{
    const long PlausibleVectors = 1 << 24;

    readonly HfFolder folder;
    readonly Dictionary<string, (HfPlace Place, StoredParameter Parameter)> places = new(StringComparer.Ordinal);
    readonly List<StoredParameter> parameters = [];
    readonly List<string> notes;

    HfWeights(HfFolder folder)
    {
        this.folder = folder;
        var architecture = ArchitectureRegistry.Of(folder.Config);
        (Spec, Layout) = (architecture.ReadSpec(folder.Config), architecture.ModelType);
        notes = [.. folder.Weights.Notes];
        if (architecture.VerifiedBy == Oracles.None)
            notes.Add($"no outside implementation was compared with {Layout} models; check what this one computes");
        if (folder.Config.Unread.ToArray() is { Length: > 0 } unread)
            notes.Add($"keys of config.json that do not concern the computation: {string.Join(", ", unread)}");
        var reader = new WeightReader(folder.Weights);
        var packed = new PackedExperts(folder.Weights, reader, Spec);
        var interleaved = architecture.InterleavesExperts ? new InterleavedExperts(folder.Weights, reader, Spec) : null;
        // An outline has no matrices but has its vectors: a damaged config.json must not ask for memory that no weights back.
        var vectors = (2L * Spec.Layers.Count + 1) * Spec.Width;
        if (vectors > Math.Max(PlausibleVectors, folder.Weights.TotalBytes))
            throw new BadModelException($"{folder.Path}: config.json asks for norms of {vectors} numbers, more than the weights hold ({folder.Weights.TotalBytes} bytes).");
        using var outline = new Model(Spec, (_, _, rows, columns) => new AbsentMatrix(rows, columns));
        foreach (var needed in outline.Parameters)
        {
            var place = interleaved is not null && needed.Role == ParameterRole.Experts
                ? interleaved.Find(needed.Name) : Locate(needed, architecture, reader, packed);
            if (place is null) continue;
            var parameter = new StoredParameter(needed.Name, needed.Matrix.Rows, needed.Matrix.Columns, place.Encoding)
            {
                Role = needed.Role, IsVector = needed.IsVector, Bytes = place.Bytes((long)needed.Matrix.Rows * needed.Matrix.Columns),
            };
            parameters.Add(parameter);
            places.Add(needed.Name, (place, parameter));
        }
        foreach (var tensor in folder.Weights.Tensors)
            if (architecture.WhyIgnored(Spec, tensor.Name) is { } reason) reader.Skip(tensor.Name, reason);
        if (Spec.TiedEmbeddings) reader.SkipCopy("lm_head.weight", "model.embed_tokens.weight");
        notes.AddRange(reader.Finish());
    }

    HfPlace? Locate(ModelParameter needed, IArchitecture architecture, WeightReader reader, PackedExperts packed)
    {
        var stored = architecture.TensorName(needed.Name);
        if (!folder.Weights.Contains(stored))
        {
            if (needed.Role == ParameterRole.Experts && packed.Find(needed.Name, out var isPacked) is var found && isPacked) return found;
            // Beside packed experts Mixtral's router has the name that it has everywhere else.
            if (needed.Role == ParameterRole.Router && folder.Weights.Contains(needed.Name)) stored = needed.Name;
        }
        var matrix = needed.Matrix;
        var info = needed.IsVector ? reader.Take(stored, matrix.Columns) : reader.Take(stored, matrix.Rows, matrix.Columns);
        return info is null ? null : new PlainPlace(stored, info.Type);
    }

    public override string Path => folder.Path;

    public override ModelSpec Spec { get; }

    public override string Layout { get; }

    public override TensorType PlainType => folder.Weights.Tensors.Select(t => t.Type).First(t => t.IsFloat());

    public override long Bytes => folder.Weights.TotalBytes;

    public override IReadOnlyList<string> Notes => notes;

    public override IReadOnlyList<StoredParameter> Parameters => parameters;

    public static new HfWeights Open(string path)
    {
        var folder = HfFolder.Open(path);
        try
        {
            return new HfWeights(folder);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    public override StoredParameter Find(string name) => places[name].Parameter;

    public override void Read(StoredParameter parameter, int firstRow, Span<float> values) =>
        places[parameter.Name].Place.Read(folder.Weights, firstRow, parameter.Columns, values);

    public override ReadOnlySpan<byte> Row(StoredParameter parameter, int row) =>
        places[parameter.Name].Place.Row(folder.Weights, row, parameter.Columns);

    public override void Release(StoredParameter parameter) => places[parameter.Name].Place.Release(folder.Weights);

    protected override void Dispose(bool disposing)
    {
        if (disposing) folder.Dispose();
    }
}

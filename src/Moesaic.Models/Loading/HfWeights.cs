using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Architectures;
using Moesaic.Tensors;

namespace Moesaic.Models.Loading;

/// <summary>The weights of a Hugging Face folder.</summary>
sealed class HfWeights : StoredWeights
{
    readonly HfFolder folder;
    readonly Dictionary<string, (string Tensor, StoredParameter Parameter)> places = new(StringComparer.Ordinal);
    readonly List<StoredParameter> parameters = [];
    readonly List<string> notes;

    HfWeights(HfFolder folder)
    {
        this.folder = folder;
        var architecture = ArchitectureRegistry.Of(folder.Config);
        (Spec, Layout) = (architecture.ReadSpec(folder.Config), architecture.ModelType);
        notes = [.. folder.Weights.Notes];
        if (folder.Config.Unread.ToArray() is { Length: > 0 } unread)
            notes.Add($"keys of config.json that do not concern the computation: {string.Join(", ", unread)}");
        var reader = new WeightReader(folder.Weights);
        using var outline = new Model(Spec, (_, _, rows, columns) => new AbsentMatrix(rows, columns));
        foreach (var needed in outline.Parameters)
        {
            var stored = architecture.TensorName(needed.Name);
            var matrix = needed.Matrix;
            var info = needed.IsVector ? reader.Take(stored, matrix.Columns) : reader.Take(stored, matrix.Rows, matrix.Columns);
            if (info is null) continue;
            var parameter = new StoredParameter(needed.Name, matrix.Rows, matrix.Columns, EncodingOf(info.Type));
            parameters.Add(parameter);
            places.Add(needed.Name, (stored, parameter));
        }
        foreach (var tensor in folder.Weights.Tensors)
            if (architecture.WhyIgnored(Spec, tensor.Name) is { } reason) reader.Skip(tensor.Name, reason);
        if (Spec.TiedEmbeddings) reader.SkipCopy("lm_head.weight", "model.embed_tokens.weight");
        notes.AddRange(reader.Finish());
    }

    public override string Path => folder.Path;

    public override ModelSpec Spec { get; }

    public override string Layout { get; }

    public override TensorType PlainType => folder.Weights.Tensors.First().Type;

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
        folder.Weights.Read(places[parameter.Name].Tensor, (long)firstRow * parameter.Columns, values);

    public override ReadOnlySpan<byte> Row(StoredParameter parameter, int row)
    {
        var length = checked((int)parameter.Encoding!.Value.RowBytes(parameter.Columns));
        return folder.Weights.Bytes(places[parameter.Name].Tensor, (long)row * length, length);
    }

    public override void Release(StoredParameter parameter) => folder.Weights.Release(places[parameter.Name].Tensor);

    protected override void Dispose(bool disposing)
    {
        if (disposing) folder.Dispose();
    }

    static WeightEncoding? EncodingOf(TensorType type) => type switch
    {
        TensorType.F32 => WeightEncoding.F32,
        TensorType.F16 => WeightEncoding.F16,
        TensorType.BF16 => WeightEncoding.BF16,
        _ => null,
    };
}

using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Architectures;
using Moesaic.Models.Gguf;

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
        var reader = new WeightReader(folder.Weights);
        foreach (var tensor in GgufTensors.Of(Spec, neighbouringPairs: false))
            foreach (var name in tensor.Parameters)
            {
                var stored = architecture.TensorName(name);
                var info = tensor.Kind == GgufTensorKind.Vector ? reader.Take(stored, tensor.Columns) : reader.Take(stored, tensor.Rows, tensor.Columns);
                if (info is null) continue;
                var parameter = new StoredParameter(name, tensor.Rows, tensor.Columns, EncodingOf(info.Type));
                parameters.Add(parameter);
                places.Add(name, (stored, parameter));
            }
        if (Spec.TiedEmbeddings) reader.SkipCopy("lm_head.weight", "model.embed_tokens.weight");
        notes.AddRange(reader.Finish());
    }

    public override string Path => folder.Path;

    public override ModelSpec Spec { get; }

    public override string Layout { get; }

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

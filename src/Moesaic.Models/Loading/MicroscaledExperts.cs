using System.Globalization;
using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Kernels;

namespace Moesaic.Models.Loading;

/// <summary>Experts in MXFP4 as gpt-oss stores them (<see cref="MicroscalingPlace"/>), to be written block by block as they were read: nothing is encoded anew.</summary>
static class MicroscaledExperts
{
    const int BlockLength = MicroscalingPlace.BlockLength, PackedBytes = MicroscalingPlace.PackedBytes;

    /// <summary>Whether all matrices of experts are stored so.</summary>
    public static bool Are(StoredWeights weights) =>
        weights.Parameters.Where(p => p.Role == ParameterRole.Experts && !p.IsVector).ToList() is { Count: > 0 } matrices
        && matrices.All(p => p.Encoding == WeightEncoding.MXFP4);

    /// <summary>What config.json says of them, as in the published checkpoints.</summary>
    public static JsonObject Config => new()
    {
        ["modules_to_not_convert"] = new JsonArray("model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens", "lm_head"),
        ["quant_method"] = "mxfp4",
    };

    /// <summary>The tensors of all layers' matrices; the biases of <see cref="InterleavedExperts.Sources"/> go with them.</summary>
    /// <param name="weights">They are; open until the tensors are written.</param>
    public static IEnumerable<TensorSource> Sources(StoredWeights weights)
    {
        var spec = weights.Spec;
        for (var l = 0; l < spec.Layers.Count; l++)
        {
            var mixture = (MixtureSpec)spec.Layers[l].FeedForward;
            int experts = mixture.Router.Experts, inner = mixture.ExpertWidths[0];
            var name = string.Create(CultureInfo.InvariantCulture, $"model.layers.{l}.mlp.experts");
            foreach (var source in Both(weights, $"{name}.gate_up_proj", experts, 2 * inner, spec.Width, (e, r) => (Named(e, r % 2 == 0 ? "gate" : "up"), r / 2))) yield return source;
            foreach (var source in Both(weights, $"{name}.down_proj", experts, spec.Width, inner, (e, r) => (Named(e, "down"), r))) yield return source;

            string Named(int expert, string projection) => string.Create(CultureInfo.InvariantCulture, $"{name}.{expert}.{projection}_proj.weight");
        }
    }

    static IEnumerable<TensorSource> Both(StoredWeights weights, string name, int experts, int rows, int columns, Func<int, int, (string Parameter, int Row)> find)
    {
        var blocks = columns / BlockLength;
        yield return new TensorSource($"{name}_blocks", TensorType.U8, [experts, rows, blocks, PackedBytes], sink => Each(PackedBytes, Pack, sink));
        yield return new TensorSource($"{name}_scales", TensorType.U8, [experts, rows, blocks], sink => Each(1, (block, target) => target[0] = block[0], sink));

        void Each(int size, TakeFromBlock take, TensorSink sink)
        {
            var target = new byte[blocks * size];
            for (var e = 0; e < experts; e++)
            {
                for (var r = 0; r < rows; r++)
                {
                    var (parameter, from) = find(e, r);
                    var row = weights.Row(weights.Find(parameter), from);
                    for (var b = 0; b < blocks; b++) take(row.Slice(b * (PackedBytes + 1), PackedBytes + 1), target.AsSpan(b * size, size));
                    sink.WriteBytes(target);
                }
            }
        }
    }

    delegate void TakeFromBlock(ReadOnlySpan<byte> block, Span<byte> target);

    // In a row's block number i lies in the low half of byte i, or in the high half of byte i − 16; in the file two neighbours share a byte.
    static void Pack(ReadOnlySpan<byte> block, Span<byte> target)
    {
        var numbers = block[1..];
        for (var i = 0; i < PackedBytes; i++) target[i] = (byte)(Number(numbers, 2 * i) | (Number(numbers, (2 * i) + 1) << 4));

        static int Number(ReadOnlySpan<byte> numbers, int i) => i < PackedBytes ? numbers[i] & 15 : numbers[i - PackedBytes] >> 4;
    }
}

using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Gguf;

namespace Moesaic.Models.Loading;

/// <summary>
/// The projection from the latent to keys and values (kv_b_proj) as newer files store it: attn_k_b [H, rank, plain], turned
/// over so that it can be multiplied with the queries, and attn_v_b [H, value, rank].
/// </summary>
/// <param name="file">The file.</param>
/// <param name="name">Of the parameter.</param>
/// <param name="attention">Widths.</param>
/// <param name="keys">attn_k_b.</param>
/// <param name="values">attn_v_b.</param>
sealed class GgufLatentPair(GgufFile file, string name, AttentionSpec attention, GgufTensorInfo keys, GgufTensorInfo values)
{
    readonly int rank = attention.Latent!.Rank, plain = attention.HeadDim - attention.Latent.RotaryDim, value = attention.Latent.ValueDim;
    readonly WeightEncoding keyEncoding = Encoding(file, keys), valueEncoding = Encoding(file, values);

    /// <summary>Bytes of both tensors.</summary>
    public long Bytes => keys.ByteLength + values.ByteLength;

    /// <summary>The pair that stands for a tensor attn_kv_b, or null when the file has that tensor or lacks both.</summary>
    public static GgufLatentPair? Of(GgufFile file, GgufTensor tensor, ModelSpec spec, GgufAccount account)
    {
        const string Joined = "attn_kv_b.weight";
        if (!tensor.Name.EndsWith(Joined, StringComparison.Ordinal) || file.Find(tensor.Name) is not null) return null;
        string first = tensor.Name[..^Joined.Length] + "attn_k_b.weight", second = tensor.Name[..^Joined.Length] + "attn_v_b.weight";
        if (file.Find(first) is null && file.Find(second) is null) return null;
        var attention = spec.Layers[0].Attention;
        var latent = attention.Latent!;
        var keys = account.Take(first, [attention.QueryHeads, latent.Rank, attention.HeadDim - latent.RotaryDim]);
        var values = account.Take(second, [attention.QueryHeads, latent.ValueDim, latent.Rank]);
        return keys is null || values is null ? null : new GgufLatentPair(file, tensor.Parameters[0], attention, keys, values);
    }

    /// <summary>Consecutive rows of the parameter, whose heads are <c>plain</c> rows of keys and then <c>value</c> rows of values.</summary>
    public void Read(int firstRow, Span<float> rows)
    {
        var turned = new float[rank * plain];
        var (decoded, count) = (-1, rows.Length / rank);
        for (var r = 0; r < count; r++)
        {
            var (head, at) = Math.DivRem(firstRow + r, plain + value);
            var row = rows.Slice(r * rank, rank);
            if (at >= plain) Decode(values, valueEncoding, ((long)head * value) + at - plain, row);
            else
            {
                if (decoded != head) Decode(keys, keyEncoding, (long)head * rank, turned);
                decoded = head;
                for (var i = 0; i < rank; i++) row[i] = turned[(i * plain) + at];
            }
        }
        if ((int)Elementwise.FirstNonFinite(rows) is >= 0 and var bad)
            throw new BadModelException($"{file.Path}: {keys.Name} or {values.Name} holds "
                + FormattableString.Invariant($"{rows[bad]} in row {firstRow + (bad / rank)}")
                + $" of {name}; the file is damaged or its training diverged.");
    }

    /// <summary>Gives the pages of both tensors back.</summary>
    public void Release()
    {
        file.Release(keys, 0, keys.ByteLength);
        file.Release(values, 0, values.ByteLength);
    }

    void Decode(GgufTensorInfo tensor, WeightEncoding encoding, long row, Span<float> target) =>
        BlockCodec.Decode(encoding,
            file.Bytes(tensor, row * tensor.RowBytes, checked((int)(target.Length / tensor.Columns * tensor.RowBytes))), target);

    static WeightEncoding Encoding(GgufFile file, GgufTensorInfo tensor) => WeightEncodings.TryFromGguf(tensor.Type.Id, out var encoding) ? encoding
        : throw new BadModelException($"{file.Path}: {tensor} is stored in a way that is not supported "
            + $"(supported: {string.Join(", ", Enum.GetValues<WeightEncoding>().Select(e => e.Name()))}).");
}

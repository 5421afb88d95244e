namespace Moesaic.Kernels.Tests;

/// <summary>Bit for bit what llama.cpp writes and reads.</summary>
public class BlockCodecGoldenTests
{
    public static TheoryData<WeightEncoding> Read => [.. Enum.GetValues<WeightEncoding>().Where(e => e != WeightEncoding.F32)];

    public static TheoryData<WeightEncoding> Written => [.. Enum.GetValues<WeightEncoding>().Where(e => e != WeightEncoding.F32 && e.CanEncode())];

    public static TheoryData<WeightEncoding> Weighted =>
    [
        WeightEncoding.Q4_0, WeightEncoding.Q4_1, WeightEncoding.Q5_0, WeightEncoding.Q5_1, WeightEncoding.Q2_K,
        WeightEncoding.Q3_K, WeightEncoding.Q4_K, WeightEncoding.Q5_K, WeightEncoding.Q6_K, WeightEncoding.IQ4_NL,
    ];

    [Theory]
    [MemberData(nameof(Read))]
    public void Geometry_is_that_of_ggml(WeightEncoding encoding)
    {
        var header = LlamaGolden.Of(encoding).Header;
        Assert.Equal(header.GetProperty("name").GetString()!, encoding.Name(), ignoreCase: true);
        Assert.Equal(header.GetProperty("number").GetInt32(), encoding.GgufType());
        Assert.Equal(header.GetProperty("length").GetInt32(), encoding.BlockLength());
        Assert.Equal(header.GetProperty("bytes").GetInt32(), encoding.BlockBytes());
    }

    [Theory]
    [MemberData(nameof(Read))]
    public void Blocks_of_random_bytes_decode_to_the_same_bits(WeightEncoding encoding)
    {
        var golden = LlamaGolden.Of(encoding);
        ReadOnlySpan<float> expected = golden.Decoded;
        var values = new float[expected.Length];
        BlockCodec.Decode(encoding, golden.Blocks, values);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.True(
                BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(values[i]),
                $"{encoding}: block {i / encoding.BlockLength()}, value {i % encoding.BlockLength()} is {values[i]:R}, not {expected[i]:R}.");
        }
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Rows_encode_to_the_same_bits(WeightEncoding encoding) =>
        CheckEncoding(encoding, LlamaGolden.Of(encoding).Encoded, weighted: false);

    [Theory]
    [MemberData(nameof(Weighted))]
    public void Rows_with_importance_encode_to_the_same_bits(WeightEncoding encoding) =>
        CheckEncoding(encoding, LlamaGolden.Of(encoding).Weighted, weighted: true);

    static void CheckEncoding(WeightEncoding encoding, ReadOnlySpan<byte> expected, bool weighted)
    {
        var input = LlamaGolden.ReadRows();
        var blocks = new byte[expected.Length];
        BlockCodec.Encode(encoding, input.Values, input.Columns, weighted ? input.Importance : [], blocks);
        int rowBytes = (int)encoding.RowBytes(input.Columns), size = encoding.BlockBytes();
        int i = blocks.AsSpan().CommonPrefixLength(expected);
        if (i == blocks.Length) return;
        Assert.Fail(
            $"{encoding}: row {i / rowBytes} ({input.Kinds[i / rowBytes]}), block {i % rowBytes / size}, byte {i % size} "
            + $"is {blocks[i]}, not {expected[i]}.");
    }
}

namespace Moesaic.Kernels.Tests;

public class BlockCodecTests
{
    public static TheoryData<WeightEncoding> Written => [.. Enum.GetValues<WeightEncoding>().Where(e => e.CanEncode())];

    [Theory]
    [MemberData(nameof(Written))]
    public void Threads_and_levels_do_not_change_a_bit(WeightEncoding encoding)
    {
        const int rows = 70, columns = 512;
        float[] values = KernelCase.Numbers(rows * columns, 3), importance = [.. KernelCase.Numbers(columns, 4).Select(Math.Abs)];
        int before = WorkerTeam.Threads;
        try
        {
            byte[]? first = null;
            foreach (KernelLevel level in Levels.Supported)
            {
                foreach (int threads in new[] { 1, 3 })
                {
                    WorkerTeam.Threads = threads;
                    Levels.At(level, () =>
                    {
                        byte[] blocks = Encode(encoding, values, columns, importance);
                        Assert.Equal(first ??= blocks, blocks);
                        float[] decoded = Decode(encoding, blocks);
                        for (int row = 0; row < rows; row += 23)
                        {
                            byte[] alone = Encode(encoding, values[(row * columns)..((row + 1) * columns)], columns, importance);
                            Assert.Equal(decoded[(row * columns)..((row + 1) * columns)], Decode(encoding, alone));
                        }
                    });
                }
            }
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    }

    /// <summary>What was decoded lies on the type's grid, and its extreme value on the end that decides the scale.</summary>
    [Theory]
    [InlineData(WeightEncoding.F32)]
    [InlineData(WeightEncoding.F16)]
    [InlineData(WeightEncoding.BF16)]
    [InlineData(WeightEncoding.Q8_0)]
    [InlineData(WeightEncoding.Q4_0)]
    [InlineData(WeightEncoding.Q5_0)]
    [InlineData(WeightEncoding.MXFP4)]
    public void Encoding_what_was_decoded_changes_nothing(WeightEncoding encoding)
    {
        var input = LlamaGolden.ReadRows();
        float[] values = [.. input.Values.Select(x => Math.Clamp(x, -6e4f, 6e4f))];     // decoded, 65504 may be too large
        float[] once = Decode(encoding, Encode(encoding, values, input.Columns, []));
        Assert.Equal(once, Decode(encoding, Encode(encoding, once, input.Columns, [])));
    }

    /// <summary>Weighing by importance lowers the error that it weighs.</summary>
    [Theory]
    [InlineData(WeightEncoding.Q4_0)]
    [InlineData(WeightEncoding.Q2_K)]
    [InlineData(WeightEncoding.Q3_K)]
    [InlineData(WeightEncoding.Q4_K)]
    [InlineData(WeightEncoding.IQ4_NL)]
    public void Importance_is_heeded(WeightEncoding encoding)
    {
        var input = LlamaGolden.ReadRows();
        int[] gaussian = [.. Enumerable.Range(0, input.Kinds.Length).Where(row => input.Kinds[row] == "gaussian")];
        float[] values = [.. gaussian.SelectMany(row => input.Row(row).ToArray())];
        double Error(float[] importance)
        {
            float[] decoded = Decode(encoding, Encode(encoding, values, input.Columns, importance));
            return decoded.Select((y, i) => input.Importance[i % input.Columns] * Math.Pow(y - values[i], 2)).Sum();
        }

        Assert.InRange(Error(input.Importance) / Error([]), 0, 0.9);
    }

    [Theory]
    [InlineData(WeightEncoding.F32, float.NaN)]
    [InlineData(WeightEncoding.F16, 65520f)]
    [InlineData(WeightEncoding.BF16, float.MaxValue)]
    [InlineData(WeightEncoding.Q8_0, -70000f)]
    [InlineData(WeightEncoding.Q4_K, float.PositiveInfinity)]
    [InlineData(WeightEncoding.MXFP4, float.NegativeInfinity)]
    public void What_cannot_be_held_is_refused_with_its_place(WeightEncoding encoding, float value)
    {
        var values = new float[3 * 512];
        var blocks = new byte[3 * encoding.RowBytes(512)];
        blocks.AsSpan().Fill(7);
        values[2 * 512 + 5] = values[512 + 403] = value;
        var error = Assert.Throws<UnencodableValueException>(() => BlockCodec.Encode(encoding, values, 512, [], blocks));
        Assert.Equal((1, 403), (error.Row, error.Column));
        Assert.StartsWith($"{encoding} cannot encode row 1, column 403", error.Message, StringComparison.Ordinal);
        Assert.All(blocks, b => Assert.Equal(7, b));
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void The_largest_values_of_half_precision_stay_finite(WeightEncoding encoding)
    {
        float[] values = [.. KernelCase.Numbers(512, 1).Select(x => x > 0 ? 65519f : -65519f)];
        Assert.All(Decode(encoding, Encode(encoding, values, 512, [])), x => Assert.True(float.IsFinite(x)));
    }

    [Theory]
    [InlineData(-1f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void An_importance_that_is_no_weight_is_refused(float value)
    {
        var importance = new float[32];
        importance[9] = value;
        var error = Assert.Throws<UnencodableValueException>(
            () => BlockCodec.Encode(WeightEncoding.Q4_0, new float[32], 32, importance, new byte[18]));
        Assert.Equal((-1, 9), (error.Row, error.Column));
    }

    [Fact]
    public void Sizes_must_match()
    {
        var row = new float[256];
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(WeightEncoding.Q4_0, row, 40, [], new byte[144]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(WeightEncoding.Q4_0, row, 256, [], new byte[143]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(WeightEncoding.Q4_0, row, 256, new float[8], new byte[144]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Encode(WeightEncoding.IQ2_XXS, row, 256, [], new byte[66]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Decode(WeightEncoding.Q4_K, new byte[144], new float[255]));
        Assert.Throws<ArgumentException>(() => BlockCodec.Decode(WeightEncoding.Q4_K, new byte[145], row));
    }

    [Fact]
    public void A_scale_that_is_no_number_spoils_its_block_alone()
    {
        float[] values = Decode(WeightEncoding.Q8_0, [0, 0x7E, .. new byte[32], 0, 0x3C, .. Enumerable.Repeat((byte)3, 32)]);
        Assert.All(values[..32], x => Assert.True(float.IsNaN(x)));
        Assert.All(values[32..], x => Assert.Equal(3, x));
    }

    static byte[] Encode(WeightEncoding encoding, float[] values, int columns, float[] importance)
    {
        var blocks = new byte[values.Length / columns * encoding.RowBytes(columns)];
        BlockCodec.Encode(encoding, values, columns, importance, blocks);
        return blocks;
    }

    static float[] Decode(WeightEncoding encoding, byte[] blocks)
    {
        var values = new float[blocks.Length / encoding.BlockBytes() * encoding.BlockLength()];
        BlockCodec.Decode(encoding, blocks, values);
        return values;
    }
}

namespace Moesaic.Kernels.Tests;

public class WeightEncodingsTests
{
    [Fact]
    public void Numbers_of_GGUF_lead_back_and_others_are_refused()
    {
        foreach (WeightEncoding encoding in Enum.GetValues<WeightEncoding>())
        {
            Assert.True(WeightEncodings.TryFromGguf(encoding.GgufType(), out WeightEncoding found));
            Assert.Equal(encoding, found);
            Assert.Equal(encoding.ToString(), encoding.Name());
        }

        foreach (int other in new[] { -1, 4, 9, 15, 24, 40, 1000 }) Assert.False(WeightEncodings.TryFromGguf(other, out _));
    }

    [Theory]
    [InlineData(WeightEncoding.F32, 3, 12)]
    [InlineData(WeightEncoding.BF16, 3, 6)]
    [InlineData(WeightEncoding.Q8_0, 64, 68)]
    [InlineData(WeightEncoding.MXFP4, 96, 51)]
    [InlineData(WeightEncoding.Q4_K, 512, 288)]
    [InlineData(WeightEncoding.IQ2_XXS, 0, 0)]
    public void Rows_take_whole_blocks(WeightEncoding encoding, int columns, long bytes) =>
        Assert.Equal(bytes, encoding.RowBytes(columns));

    [Theory]
    [InlineData(WeightEncoding.Q8_0, 33)]
    [InlineData(WeightEncoding.Q6_K, 128)]
    public void Rows_that_are_no_whole_blocks_are_refused(WeightEncoding encoding, int columns)
    {
        Assert.False(encoding.Fits(columns));
        var error = Assert.Throws<ArgumentException>(() => encoding.RowBytes(columns));
        Assert.Contains($"{columns} values", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(WeightEncoding.Q2_K, WeightEncoding.Q4_0)]
    [InlineData(WeightEncoding.Q3_K, WeightEncoding.Q4_0)]
    [InlineData(WeightEncoding.Q4_K, WeightEncoding.Q5_0)]
    [InlineData(WeightEncoding.Q5_K, WeightEncoding.Q5_1)]
    [InlineData(WeightEncoding.Q6_K, WeightEncoding.Q8_0)]
    [InlineData(WeightEncoding.IQ2_XXS, WeightEncoding.IQ4_NL)]
    public void Blocks_of_256_fall_back_to_blocks_of_32_and_those_to_F16(WeightEncoding encoding, WeightEncoding smaller)
    {
        Assert.Equal(encoding, encoding.Fallback(512));
        Assert.Equal(smaller, encoding.Fallback(288));
        Assert.Equal(WeightEncoding.F16, encoding.Fallback(100));
        Assert.Equal(WeightEncoding.F16, smaller.Fallback(100));
        Assert.Equal(smaller, smaller.Fallback(288));
    }

    [Fact]
    public void Types_without_blocks_fit_every_row()
    {
        foreach (WeightEncoding encoding in new[] { WeightEncoding.F32, WeightEncoding.F16, WeightEncoding.BF16 })
            Assert.Equal(encoding, encoding.Fallback(7));
    }

    [Fact]
    public void Only_the_code_book_type_is_read_only() =>
        Assert.Equal([WeightEncoding.IQ2_XXS], Enum.GetValues<WeightEncoding>().Where(e => !e.CanEncode()));

    [Fact]
    public void A_number_that_is_no_encoding_is_a_mistake() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => ((WeightEncoding)99).BlockLength());
}

namespace Moesaic.Formats.Tests;

public sealed class TensorEncoderTests
{
    [Theory]
    [InlineData(TensorType.F16, 65519.99f, -1)]
    [InlineData(TensorType.F16, 65520f, 0)]
    [InlineData(TensorType.F16, -65520f, 0)]
    [InlineData(TensorType.BF16, 3.3961775e38f, 0)] // halfway between the largest BF16 and the power of two above
    [InlineData(TensorType.BF16, 3.3961773e38f, -1)]
    [InlineData(TensorType.F32, float.MaxValue, -1)]
    [InlineData(TensorType.F32, float.NegativeInfinity, 0)]
    [InlineData(TensorType.F32, float.NaN, 0)]
    [InlineData(TensorType.F64, float.NaN, 0)]
    public void Value_fits_when_its_rounding_is_finite(TensorType type, float value, int expected)
    {
        Assert.Equal(expected, TensorEncoder.FirstUnfit([value], type));
        if (type is not (TensorType.F16 or TensorType.BF16)) return;
        var bytes = new byte[2];
        TensorEncoder.FromSingle([value], type, bytes);
        var back = new float[1];
        TensorDecoder.ToSingle(bytes, type, back);
        Assert.Equal(expected < 0, float.IsFinite(back[0]));
    }

    [Theory]
    [InlineData(TensorType.F64)]
    [InlineData(TensorType.F32)]
    [InlineData(TensorType.F16)]
    [InlineData(TensorType.BF16)]
    public void Every_stored_16_bit_value_survives_the_round_trip(TensorType type)
    {
        var values = Enumerable.Range(0, 1 << 16)
            .Select(i => type == TensorType.F16 ? (float)BitConverter.UInt16BitsToHalf((ushort)i) : BitConverter.UInt32BitsToSingle((uint)i << 16))
            .Where(float.IsFinite).ToArray();
        var bytes = new byte[values.Length * type.ByteSize()];
        TensorEncoder.FromSingle(values, type, bytes);
        var back = new float[values.Length];
        TensorDecoder.ToSingle(bytes, type, back);
        Assert.Equal(values.Select(BitConverter.SingleToInt32Bits), back.Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void Integers_are_not_converted()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorEncoder.FromSingle([1f], TensorType.I8, new byte[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => TensorDecoder.ToSingle(new byte[1], TensorType.U8, new float[1]));
    }
}

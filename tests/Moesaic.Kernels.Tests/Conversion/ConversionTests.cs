namespace Moesaic.Kernels.Tests;

public class ConversionTests
{
    static readonly ushort[] s_patterns = [.. Enumerable.Range(0, 65536).Select(bits => (ushort)bits)];

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_bfloat16_widens_to_its_bits_and_comes_back(KernelLevel level) => Levels.At(level, () =>
    {
        var wide = new float[s_patterns.Length];
        Conversion.BFloat16ToSingle(s_patterns, wide);
        Assert.All(s_patterns, bits => Assert.Equal((uint)bits << 16, BitConverter.SingleToUInt32Bits(wide[bits])));
        var back = new ushort[s_patterns.Length];
        Conversion.SingleToBFloat16(wide, back);
        Assert.All(s_patterns, bits => Assert.Equal(float.IsNaN(wide[bits]) ? bits | 0x40 : bits, back[bits]));
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_half_widens_exactly_and_comes_back(KernelLevel level) => Levels.At(level, () =>
    {
        Half[] halves = [.. s_patterns.Select(BitConverter.UInt16BitsToHalf)];
        var wide = new float[halves.Length];
        Conversion.HalfToSingle(halves, wide);
        Assert.All(s_patterns, bits => Assert.Equal((float)halves[bits], wide[bits]));
        var back = new Half[halves.Length];
        Conversion.SingleToHalf(wide, back);
        Assert.All(s_patterns, bits => Assert.True(
            Half.IsNaN(halves[bits]) ? Half.IsNaN(back[bits]) : BitConverter.HalfToUInt16Bits(back[bits]) == bits));
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Narrowing_rounds_to_the_nearest_and_ties_to_even(KernelLevel level) => Levels.At(level, () =>
    {
        // All halves, the points midway to the next ones and their neighbours; then bit patterns from everywhere.
        var random = new Random(5);
        float[] values =
        [
            .. Enumerable.Range(0, 0x7C00).Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits))
                .SelectMany(low => new[] { low, low + Gap(low) / 2 })
                .SelectMany(x => new[] { x, -x, MathF.BitIncrement(x), MathF.BitDecrement(x) }),
            .. Enumerable.Range(0, 100_001).Select(_ => BitConverter.Int32BitsToSingle(random.Next(int.MinValue, int.MaxValue))),
            float.MaxValue, float.Epsilon, float.PositiveInfinity, float.NegativeInfinity, float.NaN,
        ];
        var halves = new Half[values.Length];
        Conversion.SingleToHalf(values, halves);
        var narrow = new ushort[values.Length];
        Conversion.SingleToBFloat16(values, narrow);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal((Half)values[i], halves[i]);
            Assert.Equal(NearestBFloat16(values[i]), BitConverter.UInt32BitsToSingle((uint)narrow[i] << 16));
        }

        static float Gap(float half) => MathF.Max(MathF.ScaleB(1, -24), MathF.ScaleB(1, half == 0 ? -24 : MathF.ILogB(half) - 10));
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_length_is_converted_whole(KernelLevel level) => Levels.At(level, () =>
    {
        for (int length = 0; length <= 65; length++)
        {
            float[] source = KernelCase.Numbers(length, length);
            var narrow = new ushort[length];
            Conversion.SingleToBFloat16(source, narrow);
            var wide = new float[length + 1];
            wide[length] = 7;
            Conversion.BFloat16ToSingle(narrow, wide.AsSpan(0, length));
            Assert.Equal([.. source.Select(NearestBFloat16), 7], wide);
            var halves = new Half[length];
            Conversion.SingleToHalf(source, halves);
            Conversion.HalfToSingle(halves, wide.AsSpan(0, length));
            Assert.Equal([.. source.Select(x => (float)(Half)x), 7], wide);
        }
    });

    /// <summary>Rounding by arithmetic in float64 rather than by bits.</summary>
    static float NearestBFloat16(float x)
    {
        if (!float.IsFinite(x) || x == 0) return x;
        double unit = Math.ScaleB(1, Math.Max(Math.ILogB(x), -126) - 7);
        double rounded = Math.Round(x / unit, MidpointRounding.ToEven) * unit;
        return Math.Abs(rounded) >= Math.ScaleB(1, 128) ? float.CopySign(float.PositiveInfinity, x) : (float)rounded;
    }
}

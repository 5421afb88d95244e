namespace Moesaic.Kernels.Tests;

public unsafe class ActivationQuantiserTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Levels_are_the_nearest_and_the_sums_are_theirs(bool perSlice)
    {
        const int K = 768;
        var x = KernelCase.Numbers(K, seed: 3, scale: 5);
        var row = Quantise(x, perSlice);
        for (var k = 0; k < K; k++)
        {
            var slice = row.AsSpan(k / 256 * Activations.SliceBytes, Activations.SliceBytes);
            var scale = Single(slice, perSlice ? Activations.Scale : Activations.BlockScales + k % 256 / 32 * 4);
            Assert.Equal(x[k], scale * (sbyte)slice[k % 256], scale * 0.5001);
        }

        for (var start = 0; start < K; start += 256)
        {
            var slice = row.AsSpan(start / 256 * Activations.SliceBytes, Activations.SliceBytes);
            if (perSlice) CheckSlice(slice);
            else CheckBlocks(slice);
        }
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1e-42f)]
    [InlineData(1e-30f)]
    [InlineData(3e38f)]
    public void Any_magnitude_is_represented(float magnitude)
    {
        var x = new float[32];
        x[3] = -magnitude;
        x[9] = magnitude / 2;
        var row = Quantise(x, perSlice: false);
        var scale = Single(row, Activations.BlockScales);
        Assert.True(float.IsFinite(scale));
        if (magnitude < 1e-35f) return;
        Assert.Equal(-127, (sbyte)row[3]);
        Assert.Equal(64, (sbyte)row[9], 0.5);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void What_is_not_finite_shows_in_the_result(float value)
    {
        foreach (var encoding in new[] { WeightEncoding.Q4_0, WeightEncoding.Q8_0, WeightEncoding.Q4_K, WeightEncoding.F16 })
        {
            using var x = new EncodedCase(encoding, 2, 16, 512);
            x.X[300] = value;
            var y = x.Run();
            Assert.True(y.AsSpan(0, 16).ToArray().All(number => !float.IsFinite(number)), $"{encoding}");
            Assert.True(y.AsSpan(16).ToArray().All(float.IsFinite), $"{encoding}");
        }
    }

    static void CheckSlice(ReadOnlySpan<byte> slice)
    {
        for (var part = 0; part < 16; part++)
        {
            var (first, second) = HalfSums(slice.Slice(16 * part, 16));
            Assert.Equal(-first << Activations.HalfSumsShift, Word(slice, Activations.HalfSums + 4 * part));
            Assert.Equal(-second << Activations.HalfSumsShift, Word(slice, Activations.HalfSums + 4 * part + 2));
            Assert.Equal(first + second, Word(slice, Activations.Sums16 + 2 * part));
        }

        for (var part = 0; part < 8; part++)
        {
            var (first, second) = HalfSums(slice.Slice(32 * part, 32));
            Assert.Equal(first + second, Word(slice, Activations.Sums32 + 2 * part));
        }
    }

    static void CheckBlocks(ReadOnlySpan<byte> slice)
    {
        for (var block = 0; block < 8; block++)
        {
            var (first, second) = HalfSums(slice.Slice(32 * block, 32));
            Assert.Equal(-first << Activations.BlockHalfSumsShift, Word(slice, Activations.BlockHalfSums + 4 * block));
            Assert.Equal(-second << Activations.BlockHalfSumsShift, Word(slice, Activations.BlockHalfSums + 4 * block + 2));
            var scale = Single(slice, Activations.BlockScales + 4 * block);
            Assert.Equal(scale * (first + second), Single(slice, Activations.BlockSums + 4 * block));
        }
    }

    /// <summary>Sums of the levels at places 0 and 1 modulo 4, and of those at 2 and 3.</summary>
    static (int First, int Second) HalfSums(ReadOnlySpan<byte> levels)
    {
        var (first, second) = (0, 0);
        for (var i = 0; i < levels.Length; i++)
        {
            if (i % 4 < 2) first += (sbyte)levels[i];
            else second += (sbyte)levels[i];
        }

        return (first, second);
    }

    static byte[] Quantise(float[] x, bool perSlice)
    {
        var row = new byte[Activations.RowBytes(x.Length)];
        fixed (float* from = x)
        fixed (byte* to = row)
            ActivationQuantiser.Row(from, x.Length, perSlice, to);
        return row;
    }

    static float Single(ReadOnlySpan<byte> slice, int offset) => BitConverter.ToSingle(slice[offset..]);

    static short Word(ReadOnlySpan<byte> slice, int offset) => BitConverter.ToInt16(slice[offset..]);
}

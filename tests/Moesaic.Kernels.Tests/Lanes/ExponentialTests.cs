namespace Moesaic.Kernels.Tests;

public unsafe class ExponentialTests
{
    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Is_within_two_ulp_where_the_result_is_normal(KernelLevel level) => Levels.At(level, () =>
    {
        double worst = 0;
        for (float x = -86.5f; x < 88.72f; x += 0.00037f)
        {
            double exact = Math.Exp(x);
            worst = Math.Max(worst, Math.Abs(Exp(level, x) - exact) / (MathF.BitIncrement((float)exact) - (float)exact));
        }

        Assert.InRange(worst, 0, 2);
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Keeps_the_special_values(KernelLevel level) => Levels.At(level, () =>
    {
        Assert.Equal(1f, Exp(level, 0));
        Assert.Equal(1f, Exp(level, -0f));
        Assert.Equal(0f, Exp(level, float.NegativeInfinity));
        Assert.Equal(0f, Exp(level, -1e4f));
        Assert.Equal(0f, Exp(level, float.MinValue));
        Assert.Equal(float.PositiveInfinity, Exp(level, float.PositiveInfinity));
        Assert.Equal(float.PositiveInfinity, Exp(level, 88.73f));
        Assert.Equal(float.PositiveInfinity, Exp(level, 1e30f));
        Assert.Equal(float.NaN, Exp(level, float.NaN));
        Assert.Equal(float.NaN, Exp(level, BitConverter.UInt32BitsToSingle(0xFFC12345)));
    });

    static float Exp(KernelLevel level, float x) => level switch
    {
        KernelLevel.Vector512 => First(Exponential.Exp(Lanes512.Create(x))),
        KernelLevel.Vector256 => First(Exponential.Exp(Lanes256.Create(x))),
        KernelLevel.Vector128 => First(Exponential.Exp(Lanes128.Create(x))),
        _ => MathF.Exp(x),
    };

    static float First<TLanes>(TLanes lanes)
        where TLanes : struct, ILanes<TLanes>
    {
        float first;
        Partial.Store(lanes, &first, 1);
        return first;
    }
}

using Moesaic.Formats;
using Moesaic.Models.Layers;

namespace Moesaic.Models.Tests.Layers;

public class RotaryTableTests
{
    [Fact]
    public void Plain_frequencies_fall_geometrically() =>
        Assert.Equal([1, 0.1, 0.01, 0.001], RotaryTable.Frequencies(new RopeConfig(10_000), 8).Select(f => Math.Round(f, 12)));

    [Fact]
    public void Linear_scaling_divides_all() =>
        Assert.Equal([0.25, 0.025], RotaryTable.Frequencies(new RopeConfig(100, RopeScaling.Linear, 4), 4).Select(f => Math.Round(f, 12)));

    [Fact]
    public void Llama3_keeps_the_fast_and_divides_the_slow()
    {
        // Turns over 1000 tokens at θ = 10000, 8 wide: 159.2, 15.9, 1.59, 0.159; below 1 divided, above 4 kept, between smooth.
        var found = RotaryTable.Frequencies(new RopeConfig(10_000, RopeScaling.Llama3, 8, 1, 4, 1000), 8);
        Assert.Equal(1, found[0], 1e-12);
        Assert.Equal(0.1, found[1], 1e-12);
        var smooth = ((1000 * 0.01 / (2 * Math.PI)) - 1) / 3;
        Assert.Equal(((1 - smooth) * 0.01 / 8) + (smooth * 0.01), found[2], 1e-12);
        Assert.Equal(0.001 / 8, found[3], 1e-12);
    }

    [Fact]
    public void Yarn_keeps_the_fast_divides_the_slow_and_cools_the_attention()
    {
        // Turns over 1000 tokens at θ = 10000, 8 wide: 159.2, 15.9, 1.59, 0.159. Pair i turns n times at i = log₁₀(1000/(2π n)):
        // 32 times at 0.70, rounded to 0; once at 2.20, rounded to 3.
        var rope = new RopeConfig(10_000, RopeScaling.Yarn, 8, OriginalContext: 1000);
        var found = RotaryTable.Frequencies(rope, 8);
        for (var i = 0; i < 4; i++)
            Assert.Equal(Math.Pow(10, -i) * (((1 - (i / 3.0)) * 1) + (i / 3.0 / 8)), found[i], 1e-12);
        var exact = RotaryTable.Frequencies(rope with { Truncate = false }, 8);
        Assert.Equal([1, 0.001 / 8], [exact[0], exact[3]]);
        Assert.NotEqual(found[2], exact[2], 1e-6);

        Assert.Equal(1 + (0.1 * Math.Log(8)), rope.Gain, 1e-12);
        Assert.Equal(1, (rope with { MScale = 0.7, MScaleAllDim = 0.7 }).Gain, 1e-12);
        Assert.Equal((1 + (0.09 * Math.Log(8))) / (1 + (0.06 * Math.Log(8))), (rope with { MScale = 0.9, MScaleAllDim = 0.6 }).Gain, 1e-12);
        Assert.Equal(1.25, (rope with { AttentionFactor = 1.25 }).Gain);
        var table = new RotaryTable(rope, 8);
        table.Ensure(10);
        Assert.Equal(rope.Gain, table.Angles.Cos.Row(0)[2], 1e-6);
        Assert.Equal(rope.Gain * Math.Sin(9), table.Angles.Sin.Row(9)[0], 1e-6);
    }

    [Fact]
    public void Growing_keeps_what_was_there()
    {
        var table = new RotaryTable(new RopeConfig(10_000), 8);
        table.Ensure(3);
        var before = table.Angles;
        table.Ensure(1000);
        Assert.True(table.Angles.Cos.Rows >= 1000);
        Assert.Equal(before.Sin.Row(2).ToArray(), table.Angles.Sin.Row(2).ToArray());
        Assert.Equal(Math.Sin(999 * 0.1), table.Angles.Sin.Row(999)[1], 1e-6);
    }

    [Fact]
    public async Task Threads_may_grow_and_read_it_at_once()
    {
        const int longest = 5000, headDim = 8;
        using var start = new Barrier(4);
        var table = new RotaryTable(new RopeConfig(10_000), headDim);
        var readers = Enumerable.Range(0, start.ParticipantCount).Select(thread => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait();
            for (var positions = 1 + thread; positions <= longest; positions += 7)
            {
                table.Ensure(positions);
                var (cos, sin) = table.Angles;
                Assert.True(cos.Rows >= positions && sin.Rows == cos.Rows);
                Assert.Equal(MathF.Cos(positions - 1), cos.Row(positions - 1)[0], 1e-5f);
                Assert.Equal(MathF.Sin(positions - 1), sin.Row(positions - 1)[0], 1e-5f);
            }
        }, TaskCreationOptions.LongRunning));
        await Task.WhenAll(readers.ToArray());
    }
}

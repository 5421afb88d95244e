namespace Moesaic.Kernels.Tests;

/// <summary>Sliding windows and sinks, beside what <see cref="AttentionTests"/> holds for attention without them.</summary>
public class AttentionWindowTests
{
    const double Tolerance = 2e-6;

    static readonly (int Queries, int Keys, int Dim)[] s_heads = [(1, 1, 1), (6, 2, 16), (4, 1, 20), (12, 1, 8)];
    static readonly int[] s_windows = [1, 16, 32, 33, int.MaxValue];

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_window_agrees_with_the_reference(KernelLevel level)
    {
        AttentionSegment[] segments = [.. AttentionCases.Packed(37, 1, 90), new(128, 3, 128, 75), new(131, 2, 203, 2)];
        foreach ((int queries, int keys, int dim) in s_heads)
        {
            foreach (int window in s_windows)
            {
                var shape = new AttentionShape(queries, keys, dim, 1 / MathF.Sqrt(dim), window);
                AttentionCases.Forward(shape, segments, withSinks: window % 2 == 0).Check(level, Tolerance);
                AttentionCases.Backward(shape, segments, withSinks: window % 2 == 0).Check(level, Tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_row_has_the_same_bits_in_any_company(KernelLevel level) => Levels.At(level, () =>
    {
        foreach ((int queries, int keys, int dim) in s_heads)
        {
            foreach (int window in s_windows)
            {
                const int length = 150;
                var shape = new AttentionShape(queries, keys, dim, 1 / MathF.Sqrt(dim), window);
                KernelCase whole = AttentionCases.Forward(shape, AttentionCases.Packed(length), withSinks: true);
                float[] expected = whole.Run(atEnd: true)[3];
                int width = queries * dim;
                foreach (int count in new[] { 1, 2, 3, 40 })
                {
                    var output = new float[count * width];
                    Attention.Forward(
                        shape, [new(0, count, 0, length)], whole.Buffers[0].AsSpan((length - count) * width), whole.Buffers[1],
                        whole.Buffers[2], output, [], whole.Buffers[5]);
                    Assert.Equal(expected[((length - count) * width)..], output);
                }
            }
        }
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_key_outside_the_window_is_not_seen(KernelLevel level) => Levels.At(level, () =>
    {
        const int window = 20, poisoned = 40;
        KernelCase call = AttentionCases.Forward(new(1, 1, 16, 0.25f, window), AttentionCases.Packed(120));
        float[] before = call.Run(atEnd: true)[3];
        call.Buffers[1].AsSpan(poisoned * 16, 16).Fill(9);
        float[] after = call.Run(atEnd: true)[3];
        for (int row = 0; row < 120; row++)
            Assert.Equal(row is >= poisoned and < poisoned + window, before[row * 16 + 3] != after[row * 16 + 3]);
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_window_as_long_as_the_keys_hides_nothing(KernelLevel level) => Levels.At(level, () =>
    {
        var shape = new AttentionShape(4, 2, 16, 0.25f);
        float[] plain = AttentionCases.Forward(shape, AttentionCases.Packed(90)).Run(atEnd: true)[3];
        Assert.Equal(plain, AttentionCases.Forward(shape with { Window = 90 }, AttentionCases.Packed(90)).Run(atEnd: true)[3]);
        Assert.NotEqual(plain, AttentionCases.Forward(shape with { Window = 89 }, AttentionCases.Packed(90)).Run(atEnd: true)[3]);
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_sink_far_above_the_scores_takes_all_and_one_far_below_nothing(KernelLevel level) => Levels.At(level, () =>
    {
        var shape = new AttentionShape(2, 1, 16, 0.25f);
        KernelCase call = AttentionCases.Forward(shape, AttentionCases.Packed(70), withSinks: true);
        call.Buffers[5] = [-1e4f, 1e4f];
        float[] output = call.Run(atEnd: true)[3], plain = AttentionCases.Forward(shape, AttentionCases.Packed(70)).Run(atEnd: true)[3];
        for (int row = 0; row < 70; row++)
        {
            Assert.Equal(plain[(row * 32)..(row * 32 + 16)], output[(row * 32)..(row * 32 + 16)]);
            Assert.All(output[(row * 32 + 16)..(row * 32 + 32)], value => Assert.Equal(0, value));
        }
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        var shape = new AttentionShape(4, 2, 16, 0.25f, 40);
        AttentionSegment[] segments = [.. AttentionCases.Packed(90, 10, 64), new(164, 1, 164, 300)];
        AttentionCases.Forward(shape, segments, withSinks: true).CheckThreads(level);
        AttentionCases.Backward(shape, segments, withSinks: true).CheckThreads(level);
        if (level == KernelLevel.Reference) return;
        AttentionCases.Forward(shape, segments, withSinks: true).CheckAllocation(level);
        AttentionCases.Backward(shape, segments, withSinks: true).CheckAllocation(level);
    }

    [Fact]
    public void A_negative_window_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Attention.Forward(
        new(1, 1, 2, 1, -1), [new(0, 1, 0, 1)], new float[2], new float[2], new float[2], new float[2], []));
}

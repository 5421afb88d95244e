namespace Moesaic.Kernels.Tests;

public class AttentionTests
{
    const double Tolerance = 2e-6;

    static readonly (int Queries, int Keys, int Dim)[] s_heads =
        [(1, 1, 1), (2, 1, 5), (3, 3, 8), (6, 2, 16), (4, 1, 20), (2, 2, 32), (3, 1, 48), (8, 1, 64), (12, 1, 8), (1, 1, 128)];

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Head_shapes_agree_with_the_reference(KernelLevel level)
    {
        foreach ((int queries, int keys, int dim) in s_heads)
        {
            var shape = new AttentionShape(queries, keys, dim, 1 / MathF.Sqrt(dim));
            AttentionSegment[] segments = [.. AttentionCases.Packed(37, 1, 70), new(108, 3, 108, 140), new(111, 2, 250, 2)];
            AttentionCases.Forward(shape, segments).Check(level, Tolerance);
            AttentionCases.Backward(shape, segments).Check(level, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Every_length_agrees_with_the_reference(KernelLevel level)
    {
        var shape = new AttentionShape(4, 2, 6, 0.4f);
        for (int length = 0; length <= 70; length++)
        {
            AttentionCases.Forward(shape, AttentionCases.Packed(length)).Check(level, Tolerance);
            AttentionCases.Backward(shape, AttentionCases.Packed(length)).Check(level, Tolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Any_number_of_new_rows_beside_cached_ones(KernelLevel level)
    {
        var shape = new AttentionShape(2, 1, 16, 0.25f);
        foreach (int keys in new[] { 1, 63, 64, 65, 130 })
        {
            foreach (int queries in new[] { 1, 2, 4, 5, 33 }.Where(queries => queries <= keys))
            {
                AttentionCases.Forward(shape, [new(0, queries, 0, keys)], withLog: false).Check(level, Tolerance);
                AttentionCases.Backward(shape, [new(0, queries, 0, keys)]).Check(level, Tolerance);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Segments_may_share_keys_and_leave_rows_out(KernelLevel level)
    {
        var shape = new AttentionShape(2, 2, 8, 0.35f);
        AttentionSegment[] segments = [new(3, 20, 5, 90), new(30, 40, 10, 40), new(80, 0, 0, 0)];
        AttentionCases.Forward(shape, segments).Check(level, Tolerance);
        AttentionCases.Backward(shape, segments).Check(level, Tolerance);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Experts_that_share_the_keys_of_their_sequence_add_up_whatever_the_threads(KernelLevel level)
    {
        // Three experts over two sequences, expert after expert as attention experts have them; the last sequence is one expert's alone.
        var shape = new AttentionShape(1, 1, 16, 0.35f);
        AttentionSegment[] segments = [new(0, 20, 0, 50), new(20, 30, 50, 60), new(50, 20, 0, 50), new(70, 10, 50, 60), new(80, 5, 0, 50), new(85, 7, 110, 7)];
        AttentionCases.Backward(shape, segments).Check(level, Tolerance);
        AttentionCases.Backward(shape, segments).CheckThreads(level);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Scores_of_ten_thousand_are_stable(KernelLevel level) =>
        AttentionCases.Forward(new(2, 1, 16, 1), AttentionCases.Packed(90), magnitude: 40).Check(level, 2e-3);

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_row_has_the_same_bits_in_any_company(KernelLevel level) => Levels.At(level, () =>
    {
        foreach ((int queries, int keys, int dim) in s_heads)
        {
            const int length = 150;
            var shape = new AttentionShape(queries, keys, dim, 1 / MathF.Sqrt(dim));
            KernelCase whole = AttentionCases.Forward(shape, AttentionCases.Packed(length));
            float[] expected = whole.Run(atEnd: true)[3];
            int width = queries * dim;
            foreach (int count in new[] { 1, 2, 3, 40 })
            {
                // The last rows alone, as a decoder would add them to a cache.
                var output = new float[count * width];
                Attention.Forward(
                    shape, [new(0, count, 0, length)], whole.Buffers[0].AsSpan((length - count) * width), whole.Buffers[1],
                    whole.Buffers[2], output, []);
                Assert.Equal(expected[((length - count) * width)..], output);
            }
        }
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_NaN_is_seen_by_its_query_and_by_those_that_see_its_key(KernelLevel level) => Levels.At(level, () =>
    {
        KernelCase call = AttentionCases.Forward(new(1, 1, 16, 0.25f), AttentionCases.Packed(80));
        call.Buffers[0][10 * 16] = float.NaN;
        call.Buffers[1][70 * 16] = float.NaN;
        float[] output = call.Run(atEnd: true)[3];
        for (int row = 0; row < 80; row++) Assert.Equal(row is 10 or >= 70, float.IsNaN(output[row * 16 + 3]));
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Threads_do_not_matter_and_nothing_is_allocated(KernelLevel level)
    {
        var shape = new AttentionShape(4, 2, 16, 0.25f);
        AttentionSegment[] segments = [.. AttentionCases.Packed(90, 10, 64), new(164, 1, 164, 300)];
        AttentionCases.Forward(shape, segments).CheckThreads(level);
        AttentionCases.Backward(shape, segments).CheckThreads(level);
        if (level == KernelLevel.Reference) return;
        AttentionCases.Forward(shape, segments).CheckAllocation(level);
        AttentionCases.Backward(shape, segments).CheckAllocation(level);
    }

    [Theory]
    [InlineData(0, 3, 0, 2)]
    [InlineData(8, 3, 0, 10)]
    [InlineData(0, 1, 5, 6)]
    [InlineData(-1, 1, 0, 1)]
    public void A_segment_that_leaves_the_buffers_is_refused(int queryStart, int queryCount, int keyStart, int keyCount) =>
        Assert.Throws<ArgumentException>(() => Attention.Forward(
            new(1, 1, 2, 1), [new(queryStart, queryCount, keyStart, keyCount)], new float[20], new float[20], new float[20],
            new float[20], []));
}

namespace Moesaic.Kernels;

/// <summary>The forward's work list: a segment and the first of a block of its queries.</summary>
unsafe struct AttentionWork
{
    /// <summary>[Count] pairs of segment and first query.</summary>
    public int* Items;

    public int Count;

    internal static AttentionWork Of(ReadOnlySpan<AttentionSegment> segments, in AttentionSizes sizes)
    {
        long most = 0;
        foreach (AttentionSegment segment in segments) most += Blocks(segment, sizes);
        var work = new AttentionWork { Items = (int*)NativeBuffer.Of<AttentionWork>().Take(2 * most) };
        for (int i = 0; i < segments.Length; i++)
        {
            for (int block = 0; block < Blocks(segments[i], sizes); block++)
            {
                work.Items[2 * work.Count] = i;
                work.Items[2 * work.Count + 1] = block * sizes.BlockQueries;
                work.Count++;
            }
        }

        return work;
    }

    static int Blocks(AttentionSegment segment, in AttentionSizes sizes) =>
        (segment.QueryCount + sizes.BlockQueries - 1) / sizes.BlockQueries;
}

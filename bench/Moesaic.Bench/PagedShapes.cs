using Moesaic.Kernels;

namespace Moesaic.Bench;

/// <summary>Attention over pages, as in decoding: the rate is that of float32 keys and values, whatever they are stored as.</summary>
static unsafe class PagedShapes
{
    public static IEnumerable<OpShape> All =>
        from shape in new[] { (Sequences: 1, Keys: 4000), (Sequences: 8, Keys: 500) }
        from encoding in Enum.GetValues<CacheEncoding>()
        select Decode(shape.Sequences, shape.Keys, encoding);

    static OpShape Decode(int sequences, int keys, CacheEncoding encoding)
    {
        const int queryHeads = 16, keyHeads = 4, dim = 64;
        var pagesOfOne = (keys + AttentionPages.Tokens - 1) / AttentionPages.Tokens;
        var bytes = 2.0 * sequences * keys * keyHeads * dim * sizeof(float);
        return new($"paged decode {sequences}x1 of {keys}, {queryHeads}:{keyHeads} of {dim}, {encoding}", bytes / 1e9, "GB/s", () =>
        {
            var count = sequences * pagesOfOne;
            var shape = new AttentionPages(count, keyHeads, dim, dim, encoding) { FirstKeys = null, FirstValues = null, PageBytes = 0 };
            var block = new AlignedBlock(count * (shape.KeyBytes + shape.ValueBytes), zeroed: true);
            var pages = shape with
            {
                FirstKeys = (byte*)block.Pointer, FirstValues = (byte*)block.Pointer + shape.KeyBytes, PageBytes = shape.KeyBytes + shape.ValueBytes,
            };
            var random = new Random(1);
            float[] row = new float[keyHeads * dim], q = new float[sequences * queryHeads * dim], output = new float[q.Length];
            foreach (ref var number in q.AsSpan()) number = random.NextSingle() - 0.5f;
            for (var i = 0; i < count * AttentionPages.Tokens; i++)
            {
                foreach (ref var number in row.AsSpan()) number = random.NextSingle() - 0.5f;
                pages.Write(i, row, row);
            }
            int[] table = [.. Enumerable.Range(0, count)];
            AttentionSegment[] segments = [.. Enumerable.Range(0, sequences).Select(s => new AttentionSegment(s, 1, s * pagesOfOne, keys))];
            return () =>
            {
                Attention.Forward(new(queryHeads, keyHeads, dim, 0.125f), segments, q, pages, table, output);
                GC.KeepAlive(block);
            };
        });
    }
}

using System.Runtime.InteropServices;

namespace Moesaic.Kernels.Tests;

public sealed unsafe class PagedAttentionTests : IDisposable
{
    const int Pages = 12;

    static readonly (int Queries, int Keys, int Dim)[] s_heads = [(1, 1, 1), (2, 1, 5), (6, 2, 16), (4, 1, 20), (3, 1, 48), (8, 1, 64), (20, 1, 16)];

    // Two sequences of 70 and 33 keys that share their first page, and one key alone.
    static readonly int[] s_table = [7, 2, 5, 7, 0, 3];
    static readonly AttentionSegment[] s_segments = [new(0, 40, 0, 70), new(40, 1, 3, 33), new(41, 1, 5, 1)];

    readonly List<nint> _memory = [];

    public void Dispose()
    {
        foreach (nint block in _memory) NativeMemory.AlignedFree((void*)block);
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Pages_of_float32_give_the_bits_of_a_buffer(KernelLevel level) => Levels.At(level, () =>
    {
        foreach ((int queries, int keys, int dim) in s_heads)
        {
            var shape = new AttentionShape(queries, keys, dim, 1 / MathF.Sqrt(dim));
            AttentionPages pages = Make(keys, dim, dim, CacheEncoding.F32);
            (float[] k, float[] v) = Fill(pages);
            float[] q = KernelCase.Numbers(42 * queries * dim, 1);
            float[] expected = new float[q.Length], output = new float[q.Length];
            foreach (AttentionSegment segment in s_segments)
            {
                (float[] gatheredKeys, float[] gatheredValues) = (Gather(k, segment, keys * dim), Gather(v, segment, keys * dim));
                Attention.Forward(shape, [segment with { KeyStart = 0 }], q, gatheredKeys, gatheredValues, expected, []);
            }

            Attention.Forward(shape, s_segments, q, pages, s_table, output);
            Assert.Equal(expected, output);
        }
    });

    /// <summary>Each head of its own pages, of which some are full, some not and some empty, against the same keys in a buffer.</summary>
    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Pages_in_part_full_give_the_bits_of_a_buffer_cut_alike(KernelLevel level) => Levels.At(level, () =>
    {
        int[] tiles = [0, 5, 32, 0, 17, 1, 3, 0, 30];
        AttentionSegment[] segments = [new(0, 40, 0, 54) { FirstTile = 0, FirstKeyHead = 1 }, new(40, 2, 1, 2) { FirstTile = 5, FirstKeyHead = 2 }];
        int[] table = [7, 2, 5, 9, 0, 3];
        foreach ((int queries, int dim) in new[] { (1, 5), (4, 16), (9, 20) })
        {
            var shape = new AttentionShape(queries, 1, dim, 1 / MathF.Sqrt(dim));
            AttentionPages pages = Make(3, dim, dim, CacheEncoding.F32);
            (float[] k, float[] v) = Fill(pages);
            float[] q = KernelCase.Numbers(42 * queries * dim, 1);
            float[] expected = new float[q.Length], output = new float[q.Length];
            foreach (AttentionSegment segment in segments)
            {
                int[] rows =
                [
                    .. tiles[segment.FirstTile..].Zip(table[segment.KeyStart..], (count, page) => Enumerable.Range(page * 32, count)).SelectMany(r => r),
                ];
                float[] Keys(float[] of) =>
                    [.. rows.Take(segment.KeyCount).SelectMany(r => of.Skip((r * 3 + segment.FirstKeyHead) * dim).Take(dim))];
                Attention.Forward(shape, [segment with { KeyStart = 0, FirstKeyHead = 0 }], q, Keys(k), Keys(v), expected, [], tiles: tiles);
            }

            Attention.Forward(shape, segments, q, pages, table, output, tiles: tiles);
            Assert.Equal(expected, output);
        }
    });

    [Fact]
    public void How_keys_are_cut_into_tiles_changes_rounding_alone()
    {
        var shape = new AttentionShape(2, 1, 8, 0.3f);
        float[] q = KernelCase.Numbers(50 * 16, 1), k = KernelCase.Numbers(50 * 8, 2), v = KernelCase.Numbers(50 * 8, 3);
        float[] expected = new float[q.Length], output = new float[q.Length];
        AttentionSegment[] segments = [new(0, 50, 0, 50)];
        Attention.Forward(shape, segments, q, k, v, expected, []);
        Attention.Forward(shape, segments, q, k, v, output, [], tiles: [7, 0, 32, 1, 20]);
        Assert.InRange(Difference(expected, output), 0, 1e-6);
    }

    [Theory]
    [InlineData(0, 0, 41, 20, 20)]      // more keys than the tiles
    [InlineData(0, 0, 1, 33, 0)]        // a tile of too many
    [InlineData(2, 0, 1, 1, 1)]         // no tile there
    [InlineData(0, 1, 1, 1, 1)]         // no head there
    public void Tiles_and_heads_that_do_not_fit_are_refused(int firstTile, int head, int keys, int first, int second) =>
        Assert.Throws<ArgumentException>(() => Attention.Forward(
            new(1, 1, 2, 1), [new(0, 1, 0, keys) { FirstTile = firstTile, FirstKeyHead = head }], new float[2],
            Make(1, 2, 2, CacheEncoding.F32), [0, 1], new float[2], tiles: [first, second]));

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Windows_and_sinks_give_the_bits_of_a_buffer(KernelLevel level) => Levels.At(level, () =>
    {
        foreach ((int queries, int keys, int dim) in s_heads)
        {
            foreach (int window in new[] { 0, 1, 7, 32, 33, 200 })
            {
                var shape = new AttentionShape(queries, keys, dim, 1 / MathF.Sqrt(dim), window);
                AttentionPages pages = Make(keys, dim, dim, CacheEncoding.F32);
                (float[] k, float[] v) = Fill(pages);
                float[] q = KernelCase.Numbers(42 * queries * dim, 1), sinks = KernelCase.Numbers(queries, 2);
                float[] expected = new float[q.Length], output = new float[q.Length];
                foreach (AttentionSegment segment in s_segments)
                {
                    (float[] gatheredKeys, float[] gatheredValues) = (Gather(k, segment, keys * dim), Gather(v, segment, keys * dim));
                    Attention.Forward(
                        shape, [segment with { KeyStart = 0 }], q, gatheredKeys, gatheredValues, expected, [], sinks);
                }

                Attention.Forward(shape, s_segments, q, pages, s_table, output, sinks);
                Assert.Equal(expected, output);
            }
        }
    });

    [Theory]
    [InlineData(CacheEncoding.F16, 0.0005)]
    [InlineData(CacheEncoding.Q8_0, 0.005)]
    public void Narrow_pages_stay_close_at_every_level(CacheEncoding encoding, double tolerance)
    {
        foreach ((int queries, int keys, int dim) in s_heads)
        {
            var shape = new AttentionShape(queries, keys, dim, 1 / MathF.Sqrt(dim));
            AttentionPages exact = Make(keys, dim, dim, CacheEncoding.F32), narrow = Make(keys, dim, dim, encoding);
            Fill(exact);
            Fill(narrow);
            float[] q = KernelCase.Numbers(42 * queries * dim, 1);
            float[] expected = new float[q.Length], reference = new float[q.Length];
            Levels.At(KernelLevel.Reference, () => Attention.Forward(shape, s_segments, q, exact, s_table, expected));
            Levels.At(KernelLevel.Reference, () => Attention.Forward(shape, s_segments, q, narrow, s_table, reference));
            Assert.InRange(Difference(expected, reference), 1e-9, tolerance);
            foreach (KernelLevel level in Levels.Supported)
            {
                var output = new float[q.Length];
                Levels.At(level, () => Attention.Forward(shape, s_segments, q, narrow, s_table, output));
                Assert.InRange(Difference(reference, output), 0, 4e-6);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Values_may_be_narrower_than_keys(KernelLevel level) => Levels.At(level, () =>
    {
        foreach (int valueDim in new[] { 1, 8, 20, 40 })
        {
            var shape = new AttentionShape(2, 2, 40, 0.2f);
            AttentionPages pages = Make(2, 40, valueDim, CacheEncoding.F32), wide = Make(2, 40, 40, CacheEncoding.F32);
            for (int row = 0; row < Pages * AttentionPages.Tokens; row++)
            {
                float[] k = KernelCase.Numbers(80, row), v = KernelCase.Numbers(80, row + 1000);
                for (int i = 0; i < 80; i++) v[i] = i % 40 < valueDim ? v[i] : 0;
                wide.Write(row, k, v);
                pages.Write(row, k, row % 2 == 0 ? v : [.. v.Where((_, i) => i % 40 < valueDim)]);
            }

            float[] q = KernelCase.Numbers(42 * 80, 1), expected = new float[q.Length], output = new float[q.Length];
            Attention.Forward(shape, s_segments, q, wide, s_table, expected);
            Attention.Forward(shape, s_segments, q, pages, s_table, output);
            Assert.Equal(expected, output);
        }
    });

    [Fact]
    public void Eight_bits_keep_the_largest_and_round_the_others_to_its_127th()
    {
        AttentionPages pages = Make(1, 40, 40, CacheEncoding.Q8_0);
        float[] row = KernelCase.Numbers(40, 3, scale: 5);
        row[7] = -6.35f;
        row[39] = 0;
        pages.Write(33, row, row);
        float[] key = Column(CacheEncoding.Q8_0, pages.Keys(1, 0), column: 1);
        float* value = ValueTile.Read(CacheEncoding.Q8_0, pages.Values(1, 0), 2, 40) + 40;
        Assert.Equal(key, new ReadOnlySpan<float>(value, 40).ToArray());
        for (int i = 0; i < 40; i++) Assert.Equal(row[i], key[i], i < 32 ? 0.0252 : 0.0201);
        Assert.Equal(-6.35f, key[7], 0.003);
        Assert.Equal(0, key[39]);
        Assert.Equal(32 * (40 + 4), pages.KeyBytes);
    }

    [Theory]
    [InlineData(CacheEncoding.F16)]
    [InlineData(CacheEncoding.Q8_0)]
    public void A_NaN_in_a_cache_stays_one(CacheEncoding encoding)
    {
        AttentionPages pages = Make(1, 40, 40, encoding);
        var row = new float[40];
        row[33] = float.NaN;
        pages.Write(0, row, row);
        Assert.True(float.IsNaN(Column(encoding, pages.Keys(0, 0), column: 0)[33]));
        Assert.True(float.IsNaN(ValueTile.Read(encoding, pages.Values(0, 0), 1, 40)[33]));
    }

    [Fact]
    public void Threads_do_not_matter_and_nothing_is_allocated()
    {
        // The reference is there to be read, and may allocate.
        long allowed = KernelSelection.Level == KernelLevel.Reference ? long.MaxValue : 0;
        var shape = new AttentionShape(4, 2, 16, 0.25f);
        int before = WorkerTeam.Threads;
        foreach (CacheEncoding encoding in Enum.GetValues<CacheEncoding>())
        {
            AttentionPages pages = Make(2, 16, 16, encoding);
            Fill(pages);
            float[] q = KernelCase.Numbers(42 * 64, 1), first = new float[q.Length], output = new float[q.Length];
            try
            {
                WorkerTeam.Threads = 1;
                Attention.Forward(shape, s_segments, q, pages, s_table, first);
                WorkerTeam.Threads = 3;
                Assert.InRange(Allocations.InSteadyState(() => Attention.Forward(shape, s_segments, q, pages, s_table, output)), 0, allowed);
                Assert.Equal(first, output);
            }
            finally
            {
                WorkerTeam.Threads = before;
            }
        }
    }

    [Theory]
    [InlineData(0, 3, 0, 2)]
    [InlineData(8, 3, 0, 10)]
    [InlineData(0, 1, 5, 33)]
    [InlineData(0, 1, 1, 33)]
    [InlineData(0, 1, -1, 1)]
    public void A_segment_that_leaves_rows_table_or_pages_is_refused(int queryStart, int queryCount, int keyStart, int keyCount) =>
        Assert.Throws<ArgumentException>(() => Attention.Forward(
            new(1, 1, 2, 1), [new(queryStart, queryCount, keyStart, keyCount)], new float[20], Make(1, 2, 2, CacheEncoding.F32),
            [0, 1, Pages, 3, 4, 5], new float[20]));

    [Fact]
    public void Pages_of_another_shape_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Attention.Forward(
            new(1, 1, 4, 1), [], new float[20], Make(1, 2, 2, CacheEncoding.F32), [], new float[20]));
        Assert.Throws<ArgumentException>(() => Make(1, 2, 2, CacheEncoding.F32).Write(0, new float[2], new float[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Make(1, 2, 2, CacheEncoding.F32).Write(Pages * 32, new float[2], new float[2]));
    }

    AttentionPages Make(int heads, int keyDim, int valueDim, CacheEncoding encoding)
    {
        var shape = new AttentionPages(Pages, heads, keyDim, valueDim, encoding) { FirstKeys = null, FirstValues = null, PageBytes = 0 };
        long pageBytes = shape.KeyBytes + shape.ValueBytes;
        var memory = (byte*)NativeMemory.AlignedAlloc((nuint)(Pages * pageBytes), 64);
        new Span<byte>(memory, (int)(Pages * pageBytes)).Fill(0xFF);
        _memory.Add((nint)memory);
        return shape with { FirstKeys = memory, FirstValues = memory + shape.KeyBytes, PageBytes = pageBytes };
    }

    static (float[] Keys, float[] Values) Fill(AttentionPages pages)
    {
        int width = pages.Heads * pages.KeyDim, rows = Pages * AttentionPages.Tokens;
        float[] keys = KernelCase.Numbers(rows * width, 2), values = KernelCase.Numbers(rows * width, 3);
        for (int row = 0; row < rows; row++) pages.Write(row, keys.AsSpan(row * width, width), values.AsSpan(row * width, width));
        return (keys, values);
    }

    static float[] Column(CacheEncoding encoding, byte* tile, int column)
    {
        float* read = KeyTile.Read(encoding, tile, 40);
        return [.. Enumerable.Range(0, 40).Select(d => read[d * AttentionPages.Tokens + column])];
    }

    static float[] Gather(float[] rows, AttentionSegment segment, int width) =>
    [
        .. Enumerable.Range(0, segment.KeyCount).SelectMany(key =>
            rows.Skip((s_table[segment.KeyStart + key / 32] * 32 + key % 32) * width).Take(width)),
    ];

    static double Difference(float[] expected, float[] actual) => expected.Zip(actual, (x, y) => Math.Abs((double)x - y)).Max();
}

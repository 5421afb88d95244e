using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// The forward for blocks of queries: lanes are queries, keys go by in tiles, and the softmax runs along (Milakov and
/// Gimelshein 2018). Few rows go to <see cref="AttentionFewRows{TLanes}"/>, which does the same arithmetic in the same
/// order: the bits of a row do not depend on how many rows come with it.
/// </summary>
unsafe struct AttentionForward<TLanes> : IJob
    where TLanes : struct, ILanes<TLanes>
{
    AttentionShape _shape;
    AttentionSizes _sizes;
    AttentionWork _work;
    AttentionSegment* _segments;
    float* _q, _k, _v, _output, _logSumExp, _sinks;
    AttentionPages _pages;
    int* _table, _tiles;

    internal static void Run(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, ReadOnlySpan<float> k,
        ReadOnlySpan<float> v, Span<float> output, Span<float> logSumExp, ReadOnlySpan<float> sinks, ReadOnlySpan<int> tiles)
    {
        var sizes = new AttentionSizes(shape, TLanes.Lanes);
        fixed (AttentionSegment* segmentPointer = segments)
        fixed (int* tilePointer = tiles)
        fixed (float* qPointer = q, kPointer = k, vPointer = v, outputPointer = output, logPointer = logSumExp, sinkPointer = sinks)
        {
            var job = new AttentionForward<TLanes>
            {
                _shape = shape, _sizes = sizes, _work = AttentionWork.Of(segments, sizes), _segments = segmentPointer,
                _q = qPointer, _k = kPointer, _v = vPointer, _output = outputPointer, _tiles = tilePointer,
                _logSumExp = logSumExp.IsEmpty ? null : logPointer, _sinks = sinkPointer,
            };
            WorkerTeam.Run(ref job, job._work.Count * shape.KeyValueHeads);
        }
    }

    internal static void Run(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, in AttentionPages pages,
        ReadOnlySpan<int> table, Span<float> output, ReadOnlySpan<float> sinks, ReadOnlySpan<int> tiles)
    {
        var sizes = new AttentionSizes(shape, TLanes.Lanes);
        fixed (AttentionSegment* segmentPointer = segments)
        fixed (int* tablePointer = table, tilePointer = tiles)
        fixed (float* qPointer = q, outputPointer = output, sinkPointer = sinks)
        {
            var job = new AttentionForward<TLanes>
            {
                _shape = shape, _sizes = sizes, _work = AttentionWork.Of(segments, sizes), _segments = segmentPointer,
                _q = qPointer, _pages = pages, _table = tablePointer, _output = outputPointer, _sinks = sinkPointer,
                _tiles = tilePointer,
            };
            WorkerTeam.Run(ref job, job._work.Count * shape.KeyValueHeads);
        }
    }

    public readonly void Execute(int part)
    {
        int* item = _work.Items + 2 * (part / _shape.KeyValueHeads);
        int keyHead = part % _shape.KeyValueHeads, head = keyHead * _sizes.Sharing;
        AttentionSegment segment = _segments[item[0]];
        int firstRow = segment.QueryStart + item[1];
        nint queryAt = (nint)firstRow * _sizes.QueryWidth + head * _sizes.Dim;
        var rows = new AttentionRows
        {
            Sizes = _sizes, Scale = _shape.Scale, Window = _shape.Window, Sinks = _sinks == null ? null : _sinks + head,
            Count = Math.Min(_sizes.BlockQueries, segment.QueryCount - item[1]),
            FirstVisible = segment.KeyCount - segment.QueryCount + item[1] + 1,
            Q = _q + queryAt, Keys = Keys(segment, keyHead), Output = _output + queryAt,
            LogSumExp = _logSumExp == null ? null : _logSumExp + (nint)firstRow * _shape.QueryHeads + head,
            LogPitch = _shape.QueryHeads,
        };
        if (segment.QueryCount == 1 || segment.QueryCount * _sizes.Sharing <= AttentionSizes.FewRows) AttentionFewRows<TLanes>.Run(rows);
        else RunBlock(rows);
    }

    readonly AttentionKeys Keys(AttentionSegment segment, int keyHead)
    {
        int* tiles = _tiles == null ? null : _tiles + segment.FirstTile;
        if (_table != null)
        {
            return new()
            {
                Pages = _pages, Table = _table + segment.KeyStart, Tiles = tiles, Head = segment.FirstKeyHead + keyHead,
                ValueDim = _pages.ValueDim,
            };
        }

        nint at = (nint)segment.KeyStart * _sizes.KeyWidth + keyHead * _sizes.Dim;
        return new() { K = _k + at, V = _v + at, Tiles = tiles, Pitch = _sizes.KeyWidth, ValueDim = _sizes.Dim };
    }

    static void RunBlock(in AttentionRows rows)
    {
        AttentionSizes sizes = rows.Sizes;
        int lanes = sizes.Lanes, most = AttentionSizes.TileKeys;
        float* queries = NativeBuffer.Of<AttentionForward<TLanes>>().Take(
            (long)lanes * (sizes.Dim + sizes.DimRows + most + 4) + 2L * most * sizes.Pitch);
        float* result = queries + lanes * sizes.Dim, scores = result + lanes * sizes.DimRows, max = scores + lanes * most;
        float* sum = max + lanes, visible = sum + lanes, correction = visible + lanes;
        float* keys = correction + lanes, values = keys + most * sizes.Pitch;

        rows.PackLanes<TLanes>(rows.Q, rows.Scale, queries);
        rows.FillVisible(visible);
        for (int lane = 0; lane < lanes; lane++) (max[lane], sum[lane]) = rows.Start(lane / sizes.BlockQueries);
        int keyCount = rows.FirstVisible + rows.Count - 1, firstTile = rows.FirstTile;
        for (int tile = firstTile / most, key = firstTile, count; key < keyCount; tile++, key += count)
        {
            count = rows.Keys.Count(tile, keyCount - key);
            if (count == 0) continue;
            int padded = AttentionSizes.RoundUpToFour(count);
            float* keyRows = rows.Keys.KeyRows<TLanes>(
                tile, key, count, sizes.Dim, sizes.Pitch, keys, out nint keyStep, out nint dimStep);
            TileProduct<TLanes>.Run(
                padded, lanes, sizes.Dim, keyRows, keyStep, dimStep, queries, lanes, true, scores, lanes);
            float* valueRows = rows.Keys.ValueRows(tile, key, count, out int valuePitch);
            TileProduct<TLanes>.Pack(valueRows, valuePitch, count, rows.Keys.ValueDim, values, sizes.Pitch);
            int window = rows.PassesWindow(key) ? rows.Window : 0;
            bool masked = window != 0 || key + count > rows.FirstVisible;
            for (int lane = 0; lane < lanes; lane += TLanes.Lanes)
            {
                Weigh(
                    scores + lane, lanes, count, key, masked ? visible + lane : null, window, max + lane, sum + lane,
                    correction + lane);
            }

            new Span<float>(scores + count * lanes, (padded - count) * lanes).Clear();
            for (int d = 0; d < sizes.Dim && key > firstTile; d++) Multiply(result + d * lanes, correction, lanes);
            TileProduct<TLanes>.Run(
                sizes.DimRows, lanes, padded, values, 1, sizes.Pitch, scores, lanes, key == firstTile, result, lanes);
        }

        for (int lane = 0; lane < lanes; lane += TLanes.Lanes)
            TLanes.Store(TLanes.Create(1) / TLanes.Load(sum + lane), correction + lane);
        for (int d = 0; d < sizes.Dim; d++) Multiply(result + d * lanes, correction, lanes);
        rows.StoreLanes(result, max, sum);
    }

    /// <summary>
    /// Scores of one vector of lanes become e^(score − max); max, sum and the correction of earlier tiles are brought
    /// up to date.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Weigh(
        float* scores, nint pitch, int count, int key, float* visible, int window, float* max, float* sum, float* correction)
    {
        TLanes old = TLanes.Load(max), top = old, total = TLanes.Zero;
        if (visible != null)
        {
            TLanes end = TLanes.Load(visible), hidden = TLanes.Create(float.NegativeInfinity);
            for (int j = 0; j < count; j++)
            {
                TLanes score = TLanes.WhereLess(TLanes.Create(key + j), end, TLanes.Load(scores + j * pitch), hidden);
                if (window != 0) score = TLanes.WhereLess(TLanes.Create(key + j + window), end, hidden, score);
                TLanes.Store(score, scores + j * pitch);
            }
        }

        for (int j = 0; j < count; j++) top = TLanes.Max(top, TLanes.Load(scores + j * pitch));
        for (int j = 0; j < count; j++)
        {
            TLanes weight = Exponential.Exp(TLanes.Load(scores + j * pitch) - top);
            TLanes.Store(weight, scores + j * pitch);
            total += weight;
        }

        TLanes shrink = Exponential.Exp(old - top);
        TLanes.Store(top, max);
        TLanes.Store(shrink, correction);
        TLanes.Store(TLanes.Load(sum) * shrink + total, sum);
    }

    static void Multiply(float* row, float* factors, int lanes)
    {
        for (int lane = 0; lane < lanes; lane += TLanes.Lanes)
            TLanes.Store(TLanes.Load(row + lane) * TLanes.Load(factors + lane), row + lane);
    }
}

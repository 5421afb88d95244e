namespace Moesaic.Kernels;

/// <summary>
/// The backward: one part owns a key head of a segment, or of all segments that share keys, so its sums over queries need no other thread. Weights are
/// computed again from log Σ exp; the tiles are those of the forward's blocks, scoresᵀ [keys, lanes].
/// </summary>
unsafe struct AttentionBackward<TLanes> : IJob
    where TLanes : struct, ILanes<TLanes>
{
    AttentionShape _shape;
    AttentionSizes _sizes;
    AttentionSegment* _segments;
    int* _starts;
    float* _q, _k, _v, _output, _logSumExp, _dOutput, _dq, _dk, _dv;

    internal static void Run(
        AttentionShape shape, ReadOnlySpan<AttentionSegment> segments, ReadOnlySpan<float> q, ReadOnlySpan<float> k,
        ReadOnlySpan<float> v, ReadOnlySpan<float> output, ReadOnlySpan<float> logSumExp, ReadOnlySpan<float> dOutput,
        Span<float> dq, Span<float> dk, Span<float> dv)
    {
        int[]? starts = null;
        if (KeysOverlap(segments)) (segments, starts) = Sharing(segments);
        fixed (AttentionSegment* segmentPointer = segments)
        fixed (int* startPointer = starts)
        fixed (float* qPointer = q, kPointer = k, vPointer = v, outputPointer = output, logPointer = logSumExp)
        fixed (float* dOutputPointer = dOutput, dqPointer = dq, dkPointer = dk, dvPointer = dv)
        {
            var job = new AttentionBackward<TLanes>
            {
                _shape = shape, _sizes = new(shape, TLanes.Lanes), _segments = segmentPointer,
                _starts = startPointer, _q = qPointer, _k = kPointer,
                _v = vPointer, _output = outputPointer, _logSumExp = logPointer, _dOutput = dOutputPointer,
                _dq = dqPointer, _dk = dkPointer, _dv = dvPointer,
            };
            WorkerTeam.Run(ref job, shape.KeyValueHeads * (starts is null ? segments.Length : starts.Length - 1));
        }
    }

    public readonly void Execute(int part)
    {
        int keyHead = part % _shape.KeyValueHeads, group = part / _shape.KeyValueHeads;
        if (_starts is null) RunSegment(_segments[group], keyHead);
        else for (int segment = _starts[group]; segment < _starts[group + 1]; segment++) RunSegment(_segments[segment], keyHead);
    }

    // Unsorted ones count as sharing.
    static bool KeysOverlap(ReadOnlySpan<AttentionSegment> segments)
    {
        for (int i = 1; i < segments.Length; i++)
        {
            if (segments[i].KeyStart < segments[i - 1].KeyStart + segments[i - 1].KeyCount) return true;
        }

        return false;
    }

    // Segments that share keys add to the same rows: in the order of their keys, they then go one after the other in the
    // same part. The experts of an attention layer share those of their sequence.
    static (AttentionSegment[] Sorted, int[] Starts) Sharing(ReadOnlySpan<AttentionSegment> segments)
    {
        AttentionSegment[] sorted = [.. segments.ToArray().OrderBy(s => s.KeyStart)];
        var starts = new List<int>();
        for (int i = 0, end = -1; i < sorted.Length; i++)
        {
            if (sorted[i].KeyStart >= end) starts.Add(i);
            end = Math.Max(end, sorted[i].KeyStart + sorted[i].KeyCount);
        }

        starts.Add(sorted.Length);
        return (sorted, [.. starts]);
    }

    readonly void RunSegment(AttentionSegment segment, int keyHead)
    {
        int dim = _sizes.Dim, pitch = _sizes.Pitch, head = keyHead * _sizes.Sharing;
        long keySize = (long)AttentionSizes.RoundUpToFour(segment.KeyCount) * pitch;
        float* keys = NativeBuffer.Of<AttentionBackward<TLanes>>().Take(4 * keySize);
        var tiles = new AttentionGradientTiles<TLanes>
        {
            Sizes = _sizes, Scale = _shape.Scale, Keys = keys, Values = keys + keySize, DKeys = keys + 2 * keySize,
            DValues = keys + 3 * keySize,
        };
        nint keyAt = (nint)segment.KeyStart * _sizes.KeyWidth + keyHead * dim;
        TileProduct<TLanes>.Pack(_k + keyAt, _sizes.KeyWidth, segment.KeyCount, dim, tiles.Keys, pitch);
        TileProduct<TLanes>.Pack(_v + keyAt, _sizes.KeyWidth, segment.KeyCount, dim, tiles.Values, pitch);
        for (float* p = tiles.DKeys; p < keys + 4 * keySize; p += TLanes.Lanes) TLanes.Store(TLanes.Zero, p);

        for (int first = 0; first < segment.QueryCount; first += _sizes.BlockQueries)
        {
            int firstRow = segment.QueryStart + first;
            nint queryAt = (nint)firstRow * _sizes.QueryWidth + head * dim;
            var rows = new AttentionRows
            {
                Sizes = _sizes, Scale = _shape.Scale, Window = _shape.Window, Count = Math.Min(_sizes.BlockQueries, segment.QueryCount - first),
                FirstVisible = segment.KeyCount - segment.QueryCount + first + 1,
                Q = _q + queryAt, Output = _output + queryAt,
                LogSumExp = _logSumExp + (nint)firstRow * _shape.QueryHeads + head, LogPitch = _shape.QueryHeads,
            };
            tiles.AddBlock(rows, _dOutput + queryAt, _dq + queryAt);
        }

        for (int row = 0; row < segment.KeyCount; row++)
        {
            nint at = keyAt + (nint)row * _sizes.KeyWidth;
            ElementwiseVector<TLanes>.AddRow(_dk + at, tiles.DKeys + (nint)row * pitch, dim);
            ElementwiseVector<TLanes>.AddRow(_dv + at, tiles.DValues + (nint)row * pitch, dim);
        }
    }
}

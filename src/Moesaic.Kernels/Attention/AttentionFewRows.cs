namespace Moesaic.Kernels;

/// <summary>
/// The forward for a few rows (decoding): keys form the lanes of the scores and value dimensions those of the result.
/// Each sum has the terms and the order of <see cref="AttentionForward{TLanes}"/>.
/// </summary>
static unsafe class AttentionFewRows<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    const int Tile = AttentionSizes.TileKeys;

    internal static void Run(in AttentionRows block)
    {
        AttentionSizes sizes = block.Sizes;
        int rowCount = block.Count * sizes.Sharing, padded = AttentionSizes.RoundUpToFour(rowCount), pitch = sizes.Pitch;
        float* queries = NativeBuffer.Of<AttentionForward<TLanes>>().Take(
            2L * padded * pitch + padded * (Tile + TLanes.Lanes + 2) + TLanes.Lanes + Tile * (sizes.Dim + pitch));
        float* result = queries + padded * pitch, scores = result + padded * pitch;
        float* ones = scores + padded * Tile, sums = ones + TLanes.Lanes, max = sums + padded * TLanes.Lanes;
        float* sum = max + padded, keys = sum + padded, values = keys + Tile * sizes.Dim;

        PackQueries(block, padded, queries);
        for (int row = 0; row < rowCount; row++) (max[row], sum[row]) = block.Start(row % sizes.Sharing);
        TLanes.Store(TLanes.Create(1), ones);
        new Span<float>(scores, padded * Tile).Clear();
        int keyCount = block.FirstVisible + block.Count - 1, firstTile = block.FirstTile;
        for (int tile = firstTile / Tile, key = firstTile, count; key < keyCount; tile++, key += count)
        {
            count = block.Keys.Count(tile, keyCount - key);
            if (count == 0) continue;
            float* columns = block.Keys.KeyColumns(tile, key, count, sizes.Dim, keys);
            TileProduct<TLanes>.Run(padded, Tile, sizes.Dim, queries, pitch, 1, columns, Tile, true, scores, Tile);
            float* valueRows = block.Keys.ValueRows(tile, key, count, out int valuePitch);
            if (pitch != block.Keys.ValueDim)
            {
                TileProduct<TLanes>.Pack(valueRows, valuePitch, count, block.Keys.ValueDim, values, pitch);
                valueRows = values;
                valuePitch = pitch;
            }

            for (int row = 0; row < rowCount; row++)
            {
                int end = block.FirstVisible + row / sizes.Sharing - key, visible = Math.Clamp(end, 0, count);
                int hidden = block.Window == 0 ? 0 : Math.Clamp(end - block.Window, 0, visible);
                float shrink = Weigh(scores + row * Tile, hidden, visible, ref max[row]);
                sum[row] *= shrink;
                if (key > firstTile) ElementwiseVector<TLanes>.ScaleRow(result + row * pitch, shrink, pitch);
            }

            // The sums of weights as a product with ones: in the order of the keys, four rows at a time.
            TileProduct<TLanes>.Run(padded, TLanes.Lanes, count, scores, Tile, 1, ones, 0, true, sums, TLanes.Lanes);
            for (int row = 0; row < rowCount; row++) sum[row] += sums[row * TLanes.Lanes];
            TileProduct<TLanes>.Run(padded, pitch, count, scores, Tile, 1, valueRows, valuePitch, key == firstTile, result, pitch);
        }

        Store(block, result, max, sum);
    }

    static void PackQueries(in AttentionRows block, int padded, float* queries)
    {
        AttentionSizes sizes = block.Sizes;
        new Span<float>(queries, padded * sizes.Pitch).Clear();
        for (int i = 0; i < block.Count; i++)
        {
            for (int head = 0; head < sizes.Sharing; head++, queries += sizes.Pitch)
            {
                new ReadOnlySpan<float>(block.Q + (nint)i * sizes.QueryWidth + head * sizes.Dim, sizes.Dim)
                    .CopyTo(new(queries, sizes.Dim));
                ElementwiseVector<TLanes>.ScaleRow(queries, block.Scale, sizes.Dim);
            }
        }
    }

    /// <summary>
    /// One row of scores becomes e^(score − max), zero where not visible; returns the correction of earlier tiles.
    /// </summary>
    static float Weigh(float* scores, int hidden, int visible, ref float max)
    {
        new Span<float>(scores, hidden).Fill(float.NegativeInfinity);
        new Span<float>(scores + visible, Tile - visible).Fill(float.NegativeInfinity);
        TLanes old = TLanes.Create(max), top = old;
        for (int j = 0; j < Tile; j += TLanes.Lanes) top = TLanes.Max(top, TLanes.Load(scores + j));
        max = TLanes.MaxOf(top);
        top = TLanes.Create(max);
        for (int j = 0; j < Tile; j += TLanes.Lanes)
            TLanes.Store(Exponential.Exp(TLanes.Load(scores + j) - top), scores + j);
        float shrink;
        Partial.Store(Exponential.Exp(old - top), &shrink, 1);
        return shrink;
    }

    static void Store(in AttentionRows block, float* result, float* max, float* sum)
    {
        AttentionSizes sizes = block.Sizes;
        for (int row = 0; row < block.Count * sizes.Sharing; row++, result += sizes.Pitch)
        {
            int i = row / sizes.Sharing, head = row % sizes.Sharing;
            ElementwiseVector<TLanes>.ScaleRow(result, 1 / sum[row], sizes.Dim);
            new ReadOnlySpan<float>(result, sizes.Dim)
                .CopyTo(new(block.Output + (nint)i * sizes.QueryWidth + head * sizes.Dim, sizes.Dim));
            if (block.LogSumExp != null) block.LogSumExp[(nint)i * block.LogPitch + head] = max[row] + MathF.Log(sum[row]);
        }
    }
}

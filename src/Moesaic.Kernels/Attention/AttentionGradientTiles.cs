using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// The backward of one key head: packed keys and values, sums of their gradients, and the products of each tile.
/// </summary>
unsafe struct AttentionGradientTiles<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    const int Tile = AttentionSizes.TileKeys;

    public AttentionSizes Sizes;
    public float Scale;

    /// <summary>[keys, Pitch], padded with zeros to whole vectors and to a multiple of four rows.</summary>
    public float* Keys, Values, DKeys, DValues;

    /// <summary>
    /// Adds a block of queries to <see cref="DKeys"/> and <see cref="DValues"/>, and its own gradient to
    /// <paramref name="dq"/>.
    /// </summary>
    internal readonly void AddBlock(in AttentionRows rows, float* dOutput, float* dq)
    {
        int lanes = Sizes.Lanes, pitch = Sizes.Pitch, dim = Sizes.Dim;
        float* queries = NativeBuffer.Of<AttentionGradientTiles<TLanes>>().Take(
            (long)lanes * (2 * dim + 2 * pitch + Sizes.DimRows + 2 * Tile + 3));
        float* dResults = queries + lanes * dim, queryRows = dResults + lanes * dim;
        float* dResultRows = queryRows + lanes * pitch;
        float* dQueries = dResultRows + lanes * pitch, weights = dQueries + lanes * Sizes.DimRows;
        float* dScores = weights + lanes * Tile, visible = dScores + lanes * Tile;
        float* logs = visible + lanes, delta = logs + lanes;

        rows.PackLanes<TLanes>(rows.Q, Scale, queries);
        rows.PackLanes<TLanes>(dOutput, 1, dResults);
        rows.PackRows<TLanes>(rows.Q, Scale, queryRows);
        rows.PackRows<TLanes>(dOutput, 1, dResultRows);
        rows.FillVisible(visible);
        FillLogsAndDelta(rows, dOutput, logs, delta);

        int keyCount = rows.FirstVisible + rows.Count - 1, firstTile = rows.FirstTile;
        for (int key = firstTile; key < keyCount; key += Tile)
        {
            int count = Math.Min(Tile, keyCount - key), padded = AttentionSizes.RoundUpToFour(count);
            float* keys = Keys + (nint)key * pitch, values = Values + (nint)key * pitch;
            TileProduct<TLanes>.Run(padded, lanes, dim, keys, pitch, 1, queries, lanes, true, weights, lanes);
            TileProduct<TLanes>.Run(padded, lanes, dim, values, pitch, 1, dResults, lanes, true, dScores, lanes);
            int window = rows.PassesWindow(key) ? rows.Window : 0;
            bool masked = window != 0 || key + count > rows.FirstVisible;
            for (int lane = 0; lane < lanes; lane += TLanes.Lanes)
            {
                Weigh(
                    weights + lane, dScores + lane, lanes, count, key, masked ? visible + lane : null, window,
                    TLanes.Load(logs + lane), TLanes.Load(delta + lane));
            }

            new Span<float>(weights + count * lanes, (padded - count) * lanes).Clear();
            new Span<float>(dScores + count * lanes, (padded - count) * lanes).Clear();
            TileProduct<TLanes>.Run(
                padded, pitch, lanes, weights, lanes, 1, dResultRows, pitch, false, DValues + (nint)key * pitch, pitch);
            TileProduct<TLanes>.Run(
                padded, pitch, lanes, dScores, lanes, 1, queryRows, pitch, false, DKeys + (nint)key * pitch, pitch);
            TileProduct<TLanes>.Run(
                Sizes.DimRows, lanes, padded, keys, 1, pitch, dScores, lanes, key == firstTile, dQueries, lanes);
        }

        // queryRows is free now: the queries' gradient goes back to rows through it.
        for (int head = 0; head < Sizes.Sharing; head++)
        {
            Transpose.Run(dQueries + head * Sizes.BlockQueries, lanes, dim, rows.Count, queryRows, pitch);
            for (int i = 0; i < rows.Count; i++)
            {
                ElementwiseVector<TLanes>.AddScaledRow(
                    dq + (nint)i * Sizes.QueryWidth + head * dim, queryRows + i * pitch, Scale, dim);
            }
        }
    }

    /// <summary>
    /// Scores become weights, and the gradients of weights those of scores: p = e^(s − log Σ exp), ds = p · (dp − δ).
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Weigh(
        float* scores, float* dScores, nint pitch, int count, int key, float* visible, int window, TLanes log, TLanes delta)
    {
        if (visible == null)
        {
            for (int j = 0; j < count; j++)
            {
                TLanes weight = Exponential.Exp(TLanes.Load(scores + j * pitch) - log);
                TLanes.Store(weight, scores + j * pitch);
                TLanes.Store(weight * (TLanes.Load(dScores + j * pitch) - delta), dScores + j * pitch);
            }

            return;
        }

        TLanes end = TLanes.Load(visible);
        for (int j = 0; j < count; j++)
        {
            TLanes weight = Exponential.Exp(TLanes.Load(scores + j * pitch) - log);
            weight = TLanes.WhereLess(TLanes.Create(key + j), end, weight, TLanes.Zero);
            if (window != 0) weight = TLanes.WhereLess(TLanes.Create(key + j + window), end, TLanes.Zero, weight);
            TLanes.Store(weight, scores + j * pitch);
            TLanes.Store(weight * (TLanes.Load(dScores + j * pitch) - delta), dScores + j * pitch);
        }
    }

    /// <summary>
    /// Per lane log Σ exp of the forward and δ = Σ dOutput · output; zero in lanes without a query, whose inputs are
    /// zero too.
    /// </summary>
    static void FillLogsAndDelta(in AttentionRows rows, float* dOutput, float* logs, float* delta)
    {
        AttentionSizes sizes = rows.Sizes;
        new Span<float>(logs, sizes.Lanes).Clear();
        new Span<float>(delta, sizes.Lanes).Clear();
        for (int head = 0; head < sizes.Sharing; head++)
        {
            for (int i = 0; i < rows.Count; i++)
            {
                nint at = (nint)i * sizes.QueryWidth + head * sizes.Dim;
                int lane = head * sizes.BlockQueries + i;
                logs[lane] = rows.LogSumExp[(nint)i * rows.LogPitch + head];
                delta[lane] = Sums<TLanes>.Dot(dOutput + at, rows.Output + at, sizes.Dim);
            }
        }
    }
}

namespace Moesaic.Kernels;

/// <summary>
/// A block of queries of the heads that share one key head: where its rows lie, and moving them to lanes and back.
/// </summary>
unsafe struct AttentionRows
{
    public AttentionSizes Sizes;
    public float Scale;

    /// <summary>Query rows in the block.</summary>
    public int Count;

    /// <summary>Keys that the first query sees; each following one sees one more.</summary>
    public int FirstVisible;

    /// <summary>Keys that a query sees at most, 0 for all; see <see cref="AttentionShape.Window"/>.</summary>
    public int Window;

    /// <summary>The sinks of the heads, or null.</summary>
    public float* Sinks;

    /// <summary>First row and head of the block; rows lie QueryWidth apart.</summary>
    public float* Q, Output;

    /// <summary>What the queries see; the backward has copies of its own.</summary>
    public AttentionKeys Keys;

    /// <summary>First row and head, null when not wanted; rows lie LogPitch apart.</summary>
    public float* LogSumExp;

    public int LogPitch;

    /// <summary>
    /// The tile where the first query's window begins. The later ones hide what they do not see of it, which leaves no trace in
    /// their bits.
    /// </summary>
    internal readonly int FirstTile =>
        Window == 0 ? 0 : Math.Max(0, FirstVisible - Window) / AttentionSizes.TileKeys * AttentionSizes.TileKeys;

    /// <summary>Whether a tile that begins at a key holds some that are too far back for the last query.</summary>
    internal readonly bool PassesWindow(int key) => Window != 0 && key < FirstVisible + Count - 1 - Window;

    /// <summary>The softmax before any key: of the sink alone, or of nothing. Not −∞, from which nothing can be subtracted.</summary>
    internal readonly (float Max, float Sum) Start(int head) => Sinks == null ? (float.MinValue, 0) : (Sinks[head], 1);

    /// <summary>
    /// lanes[d, head · BlockQueries + i] = scale · rows[i, head, d], zero where the block ends early.
    /// </summary>
    internal readonly void PackLanes<TLanes>(float* rows, float scale, float* lanes)
        where TLanes : struct, ILanes<TLanes>
    {
        int size = Sizes.Lanes * Sizes.Dim;
        if (Count < Sizes.BlockQueries) new Span<float>(lanes, size).Clear();
        for (int head = 0; head < Sizes.Sharing; head++)
        {
            Transpose.Run(
                rows + head * Sizes.Dim, Sizes.QueryWidth, Count, Sizes.Dim, lanes + head * Sizes.BlockQueries,
                Sizes.Lanes);
        }

        if (scale != 1) ElementwiseVector<TLanes>.ScaleRow(lanes, scale, size);
    }

    /// <summary>
    /// packed[head · BlockQueries + i, d] = scale · rows[i, head, d], zero where the block or the row ends early.
    /// </summary>
    internal readonly void PackRows<TLanes>(float* rows, float scale, float* packed)
        where TLanes : struct, ILanes<TLanes>
    {
        int size = Sizes.Lanes * Sizes.Pitch;
        if (Count < Sizes.BlockQueries) new Span<float>(packed, size).Clear();
        for (int head = 0; head < Sizes.Sharing; head++)
        {
            TileProduct<TLanes>.Pack(
                rows + head * Sizes.Dim, Sizes.QueryWidth, Count, Sizes.Dim,
                packed + head * Sizes.BlockQueries * Sizes.Pitch, Sizes.Pitch);
        }

        if (scale != 1) ElementwiseVector<TLanes>.ScaleRow(packed, scale, size);
    }

    /// <summary>For each lane the number of keys it sees.</summary>
    internal readonly void FillVisible(float* visible)
    {
        for (int lane = 0; lane < Sizes.Lanes; lane++) visible[lane] = FirstVisible + lane % Sizes.BlockQueries;
    }

    /// <summary>Writes the lanes' results [DimRows, Lanes] and their log Σ exp back to rows.</summary>
    internal readonly void StoreLanes(float* result, float* max, float* sum)
    {
        for (int head = 0; head < Sizes.Sharing; head++)
        {
            int lane = head * Sizes.BlockQueries;
            Transpose.Run(result + lane, Sizes.Lanes, Sizes.Dim, Count, Output + head * Sizes.Dim, Sizes.QueryWidth);
            for (int i = 0; i < Count && LogSumExp != null; i++)
                LogSumExp[(nint)i * LogPitch + head] = max[lane + i] + MathF.Log(sum[lane + i]);
        }
    }
}

namespace Moesaic.Kernels;

/// <summary>
/// X = Y·W or X += Y·W for encoded weights W [N, K]: how a gradient goes back through y = x·Wᵀ. Shapes: Y [M, N]; X [M, K].
/// Rows of W are decoded a few megabytes at a time and multiplied by <see cref="MatMul"/>, so that the matrix never exists in
/// float32 as a whole.
/// </summary>
/// <remarks>
/// The bits are those of <see cref="MatMulForm.AB"/> with the decoded weights: its sums run over ascending rows of W whether they
/// come at once or in blocks. What <see cref="EncodedMatMul"/> rounds of x for block types is left out of account, as usual
/// (straight-through).
/// </remarks>
public static unsafe class EncodedTransposed
{
    // 4 MiB: enough to pay for a product's start, little beside any model.
    const int BlockValues = 1 << 20;

    /// <summary>One product.</summary>
    /// <param name="weights">W.</param>
    /// <param name="y">[M, N].</param>
    /// <param name="rows">M.</param>
    /// <param name="x">[M, K]; must not overlap <paramref name="y"/>.</param>
    /// <param name="accumulate">Add to <paramref name="x"/> instead of overwriting it.</param>
    public static void Run(in EncodedMatrix weights, float* y, int rows, float* x, bool accumulate)
    {
        int n = weights.Layout.Rows, k = weights.Layout.Columns;
        if (rows == 0 || k == 0) return;
        var block = Math.Max(EncodedLayout.PanelRows, BlockValues / k / EncodedLayout.PanelRows * EncodedLayout.PanelRows);
        var job = new DecodeJob { Weights = weights, Values = NativeBuffer.Of<DecodeJob>().Take((long)Math.Min(block, n) * k) };
        for (var first = 0; first < n || (first == 0 && !accumulate); first += block)
        {
            job.First = first;
            job.End = Math.Min(n, first + block);
            WorkerTeam.Run(ref job, (job.End - first + EncodedLayout.PanelRows - 1) / EncodedLayout.PanelRows);
            MatMul.Run(MatMulForm.AB, new MatMulProblem
            {
                A = y + first, B = job.Values, C = x, M = rows, N = k, K = job.End - first, LdA = n, LdB = k, LdC = k,
                Accumulate = accumulate || first > 0,
            });
        }
    }

    struct DecodeJob : IJob
    {
        public EncodedMatrix Weights;
        public float* Values;
        public int First, End;

        public readonly void Execute(int part)
        {
            var columns = Weights.Layout.Columns;
            var from = First + (part * EncodedLayout.PanelRows);
            for (var row = from; row < Math.Min(End, from + EncodedLayout.PanelRows); row++)
                Weights.DecodeRow(row, new Span<float>(Values + ((long)(row - First) * columns), columns));
        }
    }
}

namespace Moesaic.Kernels;

/// <summary>
/// <see cref="CrossEntropy"/> for one vector width. Tokens that count are taken in blocks; a block's logits are turned
/// into gradients in place, row by row, between the products.
/// </summary>
static unsafe class CrossEntropyVector<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    // 32 MiB of logits: about the last cache level, and tokens enough that packing the head for their products costs little.
    const int LogitsOfBlock = 8 * 1024 * 1024;
    const int FewestTokens = 32, MostTokens = 512;

    internal static void Forward(
        ReadOnlySpan<float> hidden, ReadOnlySpan<float> head, ReadOnlySpan<int> targets, Span<float> losses) =>
        ForwardBackward(hidden, head, targets, [], losses, [], [], 0, []);

    internal static void ForwardBackward(
        ReadOnlySpan<float> hidden, ReadOnlySpan<float> head, ReadOnlySpan<int> targets, ReadOnlySpan<float> weights,
        Span<float> losses, Span<float> dHidden, Span<float> dHead, float squareWeight, Span<float> squares)
    {
        losses.Clear();
        squares.Clear();
        if (targets.IsEmpty || head.IsEmpty) return;
        int width = hidden.Length / targets.Length, vocabulary = head.Length / width;
        int blockTokens = Math.Min(targets.Length, Math.Clamp(LogitsOfBlock / vocabulary, FewestTokens, MostTokens));
        float* scratch = NativeBuffer.Of<RowJob>().Take((long)blockTokens * (vocabulary + 2 * width + 1));
        fixed (float* hiddenPointer = hidden, headPointer = head, weightPointer = weights, lossPointer = losses, squarePointer = squares)
        fixed (float* dHiddenPointer = dHidden, dHeadPointer = dHead)
        fixed (int* targetPointer = targets)
        {
            var block = new LossBlock
            {
                Hidden = hiddenPointer, Head = headPointer, DHidden = dHiddenPointer, DHead = dHeadPointer,
                Width = width, Vocabulary = vocabulary, Logits = scratch,
                GatheredHidden = scratch + (long)blockTokens * vocabulary,
                GatheredGradient = scratch + (long)blockTokens * (vocabulary + width),
                Tokens = (int*)(scratch + (long)blockTokens * (vocabulary + 2 * width)),
            };
            var rows = new RowJob
            {
                Logits = block.Logits, Weights = weights.IsEmpty ? null : weightPointer, Losses = lossPointer,
                Squares = squares.IsEmpty ? null : squarePointer, SquareWeight = squareWeight,
                Targets = targetPointer, Tokens = block.Tokens, Vocabulary = vocabulary,
            };
            for (int next = 0; next < targets.Length;)
            {
                next = block.Choose(targets, next, blockTokens);
                if (block.Count == 0) return;
                block.ComputeLogits();
                rows.Slices = new(block.Count, vocabulary);
                WorkerTeam.Run(ref rows, rows.Slices.Count);
                if (!weights.IsEmpty) block.AddGradients();
            }
        }
    }

    struct RowJob : IJob
    {
        public float* Logits, Weights, Losses, Squares;
        public float SquareWeight;
        public int* Targets, Tokens;
        public int Vocabulary;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            for (int row = Slices.Start(part); row < Slices.End(part); row++)
            {
                float* logits = Logits + (nint)row * Vocabulary;
                int token = Tokens[row], target = Targets[token];
                float max = SoftmaxVector<TLanes>.MaxOfRow(logits, Vocabulary), wanted = logits[target];
                float sum = SoftmaxVector<TLanes>.ExpOfRow(logits, Vocabulary, logits, max);
                float total = max + MathF.Log(sum);
                Losses[token] = max - wanted + MathF.Log(sum);
                if (Squares != null) Squares[token] = total * total;
                if (Weights == null) continue;
                float slope = 1 + (2 * SquareWeight * total);
                ElementwiseVector<TLanes>.ScaleRow(logits, slope * Weights[token] / sum, Vocabulary);
                logits[target] -= Weights[token];
            }
        }
    }
}

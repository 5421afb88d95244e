namespace Moesaic.Kernels;

/// <summary>
/// The tokens of one block and the products around its logits. Where ignored tokens lie between, the rows that count
/// are gathered first, so that ignored ones cost nothing.
/// </summary>
unsafe struct LossBlock
{
    public float* Hidden, Head, DHidden, DHead;
    public float* Logits, GatheredHidden, GatheredGradient;
    public int* Tokens;
    public int Width, Vocabulary, Count;

    readonly bool InOneRun => Tokens[Count - 1] - Tokens[0] == Count - 1;

    readonly float* Rows => InOneRun ? Hidden + (nint)Tokens[0] * Width : GatheredHidden;

    /// <summary>Lists the next tokens that count, at most <paramref name="most"/>; returns where to go on.</summary>
    internal int Choose(ReadOnlySpan<int> targets, int start, int most)
    {
        int token = start;
        for (Count = 0; token < targets.Length && Count < most; token++)
        {
            if (targets[token] >= 0) Tokens[Count++] = token;
        }

        return token;
    }

    internal readonly void ComputeLogits()
    {
        for (int row = 0; row < Count && !InOneRun; row++) Row(Hidden, Tokens[row]).CopyTo(Row(GatheredHidden, row));
        MatMul.Run(MatMulForm.ABt, new MatMulProblem
        {
            A = Rows, B = Head, C = Logits, M = Count, N = Vocabulary, K = Width,
            LdA = Width, LdB = Width, LdC = Vocabulary,
        });
    }

    /// <summary>dHidden += g · head and dHead += gᵀ · hidden, where g stands in place of the logits.</summary>
    internal readonly void AddGradients()
    {
        if (DHidden != null)
        {
            float* gradient = InOneRun ? DHidden + (nint)Tokens[0] * Width : GatheredGradient;
            for (int row = 0; row < Count && !InOneRun; row++) Row(DHidden, Tokens[row]).CopyTo(Row(gradient, row));
            MatMul.Run(MatMulForm.AB, new MatMulProblem
            {
                A = Logits, B = Head, C = gradient, M = Count, N = Width, K = Vocabulary,
                LdA = Vocabulary, LdB = Width, LdC = Width, Accumulate = true,
            });
            for (int row = 0; row < Count && !InOneRun; row++) Row(gradient, row).CopyTo(Row(DHidden, Tokens[row]));
        }

        if (DHead != null)
        {
            MatMul.Run(MatMulForm.AtB, new MatMulProblem
            {
                A = Logits, B = Rows, C = DHead, M = Vocabulary, N = Width, K = Count,
                LdA = Vocabulary, LdB = Width, LdC = Width, Accumulate = true,
            });
        }
    }

    readonly Span<float> Row(float* rows, int row) => new(rows + (nint)row * Width, Width);
}

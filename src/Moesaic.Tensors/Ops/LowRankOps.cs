using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>
/// What adapters add to grouped products y = x Wᵀ, in place, with gradients: per expert h = s x Aᵀ, y += h Bᵀ. A product with one
/// matrix is a group of one.
/// </summary>
static class LowRankOps
{
    /// <summary>Adds what the adapted ones of the matrices have beside them; none costs nothing.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">Rows sorted by expert, as <see cref="LinearOps"/> takes them.</param>
    /// <param name="offsets">E+1 row numbers; must stay unchanged until the pass ends.</param>
    /// <param name="weights">E matrices.</param>
    /// <param name="y">The product with the frozen matrices; changed.</param>
    public static unsafe void AddLowRank(Workspace workspace, Tensor x, int[] offsets, WeightMatrix[] weights, Tensor y)
    {
        var (size, learns) = (0, false);
        var adapted = false;
        for (var e = 0; e < weights.Length; e++)
        {
            if (weights[e] is not AdaptedMatrix adapter) continue;
            adapted = true;
            size = checked(size + ((offsets[e + 1] - offsets[e]) * adapter.Rank));
            learns |= adapter.Down.NeedsGradient || adapter.Up.NeedsGradient;
        }
        if (!adapted) return;
        using var scope = workspace.OpenScope();
        var h = workspace.Rent(1, size);
        Run(workspace, Part.Down, x.Pointer, h.Pointer, offsets, weights);
        Scale(h, offsets, weights);
        Run(workspace, Part.Up, h.Pointer, y.Pointer, offsets, weights);
        if (workspace.Recording && (x.NeedsGradient || learns)) Record(workspace, x, offsets, weights, h, y);
    }

    static void Record(Workspace workspace, Tensor x, int[] offsets, WeightMatrix[] weights, Tensor h, Tensor y) =>
        workspace.Record(y, () => Backward(workspace, x, offsets, weights, h, y.Gradient!), inPlace: true);

    static unsafe void Backward(Workspace workspace, Tensor x, int[] offsets, WeightMatrix[] weights, Tensor h, Tensor dy)
    {
        // An expert without rows still gets its zeros, as in every grouped product.
        foreach (var weight in weights)
            if (weight is AdaptedMatrix adapter)
            {
                workspace.AddedGradient(adapter.Down);
                workspace.AddedGradient(adapter.Up);
            }
        var dh = workspace.Rent(1, h.Count);
        Run(workspace, Part.UpGradient, h.Pointer, dy.Pointer, offsets, weights);
        Run(workspace, Part.UpInput, dh.Pointer, dy.Pointer, offsets, weights);
        Scale(dh, offsets, weights);
        Run(workspace, Part.DownGradient, x.Pointer, dh.Pointer, offsets, weights);
        if (workspace.AddedGradient(x) is { } dx) Run(workspace, Part.DownInput, dx.Pointer, dh.Pointer, offsets, weights);
    }

    static void Scale(Tensor h, int[] offsets, WeightMatrix[] weights)
    {
        var at = 0;
        for (var e = 0; e < weights.Length; e++)
        {
            if (weights[e] is not AdaptedMatrix adapter) continue;
            var count = (offsets[e + 1] - offsets[e]) * adapter.Rank;
            Elementwise.Scale(h.Span.Slice(at, count), adapter.Scale);
            at += count;
        }
    }

    enum Part
    {
        Down,           // h = x Aᵀ
        Up,             // y += h Bᵀ
        UpGradient,     // dB += dyᵀ h
        UpInput,        // dh = dy B
        DownGradient,   // dA += dhᵀ x
        DownInput,      // dx += dh A
    }

    // One product per adapted expert with rows; input and output are h or the wide side, as the part says.
    static unsafe void Run(Workspace workspace, Part part, float* input, float* output, int[] offsets, WeightMatrix[] weights)
    {
        Span<MatMulProblem> problems = weights.Length <= 64 ? stackalloc MatMulProblem[weights.Length] : new MatMulProblem[weights.Length];
        var count = 0;
        for (var e = 0; e < weights.Length; e++)
        {
            var weight = weights[e];
            var rows = offsets[e + 1] - offsets[e];
            var adapter = weight as AdaptedMatrix;
            var factor = part is Part.Down or Part.DownGradient or Part.DownInput ? adapter?.Down : adapter?.Up;
            // On the side of h only adapted experts have rows.
            var narrowInput = part is Part.Up or Part.UpGradient or Part.UpInput;
            int rank = adapter?.Rank ?? 0, width = narrowInput ? weight.Rows : weight.Columns;
            if (factor is not null && rows > 0)
            {
                var (n, k) = (factor.Rows, factor.Columns);
                var skip = part is Part.UpGradient or Part.DownGradient && !factor.NeedsGradient;
                if (!skip)
                    problems[count++] = part switch
                    {
                        Part.Down or Part.Up => new() { A = input, B = factor.Pointer, C = output, M = rows, N = n, K = k, LdA = k, LdB = k, LdC = n, Accumulate = part == Part.Up },
                        Part.UpInput or Part.DownInput => new() { A = output, B = factor.Pointer, C = input, M = rows, N = k, K = n, LdA = n, LdB = k, LdC = k, Accumulate = part == Part.DownInput },
                        _ => new() { A = output, B = input, C = factor.Gradient!.Pointer, M = n, N = k, K = rows, LdA = n, LdB = k, LdC = k, Accumulate = true },
                    };
            }
            input += (long)rows * (narrowInput ? rank : width);
            output += (long)rows * (narrowInput ? width : rank);
        }
        MatMul.Run(part switch
        {
            Part.Down or Part.Up => MatMulForm.ABt,
            Part.UpInput or Part.DownInput => MatMulForm.AB,
            _ => MatMulForm.AtB,
        }, problems[..count]);
    }
}

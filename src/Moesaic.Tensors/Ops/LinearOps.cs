using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>
/// Products y = x Wᵀ with their gradients. Products of the same input are handed to the team together. What is recorded is
/// made in methods of its own, here and in the other operations: a closure is allocated where its variables live, and a pass
/// without recording must not allocate.
/// </summary>
public static class LinearOps
{
    /// <summary>y = x Wᵀ (+ b).</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, K].</param>
    /// <param name="weight">[N, K].</param>
    /// <param name="bias">[1, N], or null.</param>
    /// <returns>[T, N].</returns>
    public static Tensor Linear(this Workspace workspace, Tensor x, WeightMatrix weight, Tensor? bias = null)
    {
        var y = Announce(workspace, x, weight);
        workspace.Products.Run();
        Finish(workspace, x, weight, bias, y);
        return y;
    }

    /// <summary>Two products of the same input.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, K].</param>
    /// <param name="first">[N₁, K].</param>
    /// <param name="second">[N₂, K].</param>
    /// <returns>[T, N₁] and [T, N₂].</returns>
    public static (Tensor First, Tensor Second) Linear(this Workspace workspace, Tensor x, WeightMatrix first, WeightMatrix second)
    {
        var (y1, y2) = (Announce(workspace, x, first), Announce(workspace, x, second));
        workspace.Products.Run();
        Finish(workspace, x, first, null, y1);
        Finish(workspace, x, second, null, y2);
        return (y1, y2);
    }

    /// <summary>Three products of the same input, each with a bias or without.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, K].</param>
    /// <param name="first">[N₁, K], and its bias or null.</param>
    /// <param name="second">[N₂, K], and its bias or null.</param>
    /// <param name="third">[N₃, K], and its bias or null.</param>
    /// <returns>[T, N₁], [T, N₂] and [T, N₃].</returns>
    public static (Tensor First, Tensor Second, Tensor Third) Linear(this Workspace workspace, Tensor x,
        (WeightMatrix Weight, Tensor? Bias) first, (WeightMatrix Weight, Tensor? Bias) second,
        (WeightMatrix Weight, Tensor? Bias) third)
    {
        var y1 = Announce(workspace, x, first.Weight);
        var y2 = Announce(workspace, x, second.Weight);
        var y3 = Announce(workspace, x, third.Weight);
        workspace.Products.Run();
        Finish(workspace, x, first.Weight, first.Bias, y1);
        Finish(workspace, x, second.Weight, second.Bias, y2);
        Finish(workspace, x, third.Weight, third.Bias, y3);
        return (y1, y2, y3);
    }

    static unsafe Tensor Announce(Workspace workspace, Tensor x, WeightMatrix weight)
    {
        if (x.Columns != weight.Columns)
            throw new ArgumentException($"x is {x}, weight is {weight}: columns differ", nameof(weight));
        var y = workspace.Rent(x.Rows, weight.Rows);
        workspace.Products.Add(x.Pointer, x.Rows, weight, y.Pointer);
        return y;
    }

    static void Finish(Workspace workspace, Tensor x, WeightMatrix weight, Tensor? bias, Tensor y)
    {
        if (bias is not null)
            for (var t = 0; t < y.Rows; t++) Elementwise.Add(y.Row(t), bias.Span);
        if (workspace.Recording && (x.NeedsGradient || weight.Learns || bias is { NeedsGradient: true }))
            RecordLinear(workspace, x, weight, bias, y);
        if (weight is AdaptedMatrix adapted) adapted.AddTo(workspace, x, y);
    }

    static void RecordLinear(Workspace workspace, Tensor x, WeightMatrix weight, Tensor? bias, Tensor y) =>
        workspace.Record(y, () => LinearBackward(workspace, x, weight, bias, y.Gradient!));

    static unsafe void LinearBackward(Workspace workspace, Tensor x, WeightMatrix weight, Tensor? bias, Tensor dy)
    {
        if (workspace.WrittenGradient(x, out var fresh) is { } dx)
        {
            if (weight.Factor is EncodedTensor encoded) EncodedTransposed.Run(encoded.Matrix, dy.Pointer, dy.Rows, dx.Pointer, !fresh);
            else MatMul.Run(MatMulForm.AB, Problem(dy, weight.Factor.Dense, dx, dx.Rows, dx.Columns, dy.Columns, !fresh));
        }
        if (weight.Master is { } master && workspace.WrittenGradient(master, out fresh) is { } dw)
            MatMul.Run(MatMulForm.AtB, Problem(dy, x, dw, dw.Rows, dw.Columns, dy.Rows, !fresh));
        if (bias is not null && workspace.AddedGradient(bias) is { } db)
            for (var t = 0; t < dy.Rows; t++) Elementwise.Add(db.Span, dy.Row(t));
    }

    /// <summary>
    /// One product per expert over contiguous row ranges: rows offsets[e]..offsets[e+1] of x are multiplied by expert e's
    /// weight. Experts may have different widths: the other side is then ragged, expert after expert, each with its rows
    /// of its own width.
    /// </summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[R, K] when all weights have K columns, else ragged as one row of Σ rowsₑ·Kₑ values.</param>
    /// <param name="offsets">E+1 row numbers, rising from 0 to R; at least that long.</param>
    /// <param name="weights">E matrices [Nₑ, Kₑ].</param>
    /// <returns>[R, N] when all weights have N rows, else ragged as one row of Σ rowsₑ·Nₑ values.</returns>
    public static Tensor GroupedLinear(this Workspace workspace, Tensor x, int[] offsets, WeightMatrix[] weights)
    {
        var y = Result(workspace, offsets, weights);
        Announce(workspace, x, offsets, (weights, y));
        workspace.Products.Run();
        Finish(workspace, x, offsets, weights, y);
        return y;
    }

    /// <summary>Two products per expert of the same rows.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">As in <see cref="GroupedLinear(Workspace, Tensor, int[], WeightMatrix[])"/>.</param>
    /// <param name="offsets">E+1 row numbers.</param>
    /// <param name="first">E matrices.</param>
    /// <param name="second">E matrices.</param>
    public static (Tensor First, Tensor Second) GroupedLinear(this Workspace workspace, Tensor x, int[] offsets,
        WeightMatrix[] first, WeightMatrix[] second)
    {
        var (y1, y2) = (Result(workspace, offsets, first), Result(workspace, offsets, second));
        Announce(workspace, x, offsets, (first, y1), (second, y2));
        workspace.Products.Run();
        Finish(workspace, x, offsets, first, y1);
        Finish(workspace, x, offsets, second, y2);
        return (y1, y2);
    }

    static Tensor Result(Workspace workspace, int[] offsets, WeightMatrix[] weights)
    {
        var uniform = true;
        var size = 0;
        for (var e = 0; e < weights.Length; e++)
        {
            uniform &= weights[e].Rows == weights[0].Rows;
            size = checked(size + ((offsets[e + 1] - offsets[e]) * weights[e].Rows));
        }
        return uniform ? workspace.Rent(offsets[weights.Length], weights[0].Rows) : workspace.Rent(1, size);
    }

    // Expert by expert: the second product of an expert finds its rows of x in a cache.
    static unsafe void Announce(Workspace workspace, Tensor x, int[] offsets, params ReadOnlySpan<(WeightMatrix[] Weights, Tensor Y)> products)
    {
        var px = x.Pointer;
        Span<long> at = stackalloc long[products.Length];
        at.Clear();
        for (var e = 0; e < products[0].Weights.Length; e++)
        {
            var rows = offsets[e + 1] - offsets[e];
            if (rows == 0) continue;
            for (var i = 0; i < products.Length; i++)
            {
                var weight = products[i].Weights[e];
                workspace.Products.Add(px, rows, weight, products[i].Y.Pointer + at[i]);
                at[i] += (long)rows * weight.Rows;
            }
            px += (long)rows * products[0].Weights[e].Columns;
        }
    }

    static void Finish(Workspace workspace, Tensor x, int[] offsets, WeightMatrix[] weights, Tensor y)
    {
        if (workspace.Recording)
        {
            var needsGradient = x.NeedsGradient;
            for (var e = 0; e < weights.Length; e++) needsGradient |= weights[e].Learns;
            if (needsGradient) RecordGroupedLinear(workspace, x, offsets, weights, y);
        }
        LowRankOps.AddLowRank(workspace, x, offsets, weights, y);
    }

    static void RecordGroupedLinear(Workspace workspace, Tensor x, int[] offsets, WeightMatrix[] weights, Tensor y) =>
        workspace.Record(y, () => GroupedLinearBackward(workspace, x, offsets, weights, y.Gradient!));

    static void GroupedLinearBackward(
        Workspace workspace, Tensor x, int[] offsets, WeightMatrix[] weights, Tensor dy)
    {
        if (workspace.WrittenGradient(x, out var fresh) is { } dx)
            RunGrouped(MatMulForm.AB, dx, dy, offsets, weights, !fresh);
        // An expert without rows still gets its zeros: the optimiser sees every trained parameter in every step.
        for (var e = 0; e < weights.Length; e++)
            if (weights[e].Master is { } master) workspace.AddedGradient(master);
        RunGrouped(MatMulForm.AtB, x, dy, offsets, weights, accumulate: true);
    }

    // AB: x (+)= y W.  AtB: the weights' gradients (+)= yᵀ x.
    static unsafe void RunGrouped(
        MatMulForm form, Tensor x, Tensor y, int[] offsets, WeightMatrix[] weights, bool accumulate)
    {
        var most = Math.Min(weights.Length, offsets[weights.Length]);     // experts without rows make no problem
        Span<MatMulProblem> problems = most <= 64 ? stackalloc MatMulProblem[most] : new MatMulProblem[most];
        var count = 0;
        float* px = x.Pointer, py = y.Pointer;
        for (var e = 0; e < weights.Length; e++)
        {
            var weight = weights[e];
            int rows = offsets[e + 1] - offsets[e], n = weight.Rows, k = weight.Columns;
            if (rows > 0)
            {
                if (form == MatMulForm.AB && weight.Factor is EncodedTensor encoded)
                    EncodedTransposed.Run(encoded.Matrix, py, rows, px, accumulate);
                else if (form == MatMulForm.AB)
                    problems[count++] = Problem(py, weight.Factor.Dense.Pointer, px, rows, k, n, n, k, k, accumulate);
                else if (weight.Master is { NeedsGradient: true, Gradient: { } gradient })
                    problems[count++] = Problem(py, px, gradient.Pointer, n, k, rows, n, k, k, accumulate);
            }
            px += (long)rows * k;
            py += (long)rows * n;
        }
        MatMul.Run(form, problems[..count]);
    }

    static unsafe MatMulProblem Problem(Tensor a, Tensor b, Tensor c, int m, int n, int k, bool accumulate = false) =>
        Problem(a.Pointer, b.Pointer, c.Pointer, m, n, k, a.Columns, b.Columns, c.Columns, accumulate);

    static unsafe MatMulProblem Problem(float* a, float* b, float* c, int m, int n, int k, int lda, int ldb, int ldc,
        bool accumulate) => new()
        {
            A = a, B = b, C = c, M = m, N = n, K = k, LdA = lda, LdB = ldb, LdC = ldc, Accumulate = accumulate,
        };
}

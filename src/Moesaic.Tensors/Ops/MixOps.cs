using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>Weighing two halves of a layer against each other, with gradients.</summary>
public static class MixOps
{
    /// <summary>y[t] = c₀ first[t] + c₁ second[t] with c = softmax(logits[t]).</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="logits">[T, 2].</param>
    /// <param name="first">[T, D].</param>
    /// <param name="second">[T, D].</param>
    /// <returns>[T, D].</returns>
    public static Tensor MixRows(this Workspace workspace, Tensor logits, Tensor first, Tensor second)
    {
        var (y, shares) = (workspace.RentZeroed(first.Rows, first.Columns), workspace.Rent(logits.Rows, logits.Columns));
        Softmax.Rows(logits.Span, 2, shares.Span);
        for (var t = 0; t < y.Rows; t++)
        {
            Elementwise.AddScaled(y.Row(t), first.Row(t), shares.Row(t)[0]);
            Elementwise.AddScaled(y.Row(t), second.Row(t), shares.Row(t)[1]);
        }
        if (workspace.Recording && (logits.NeedsGradient || first.NeedsGradient || second.NeedsGradient))
            Record(workspace, logits, first, second, shares, y);
        return y;
    }

    static void Record(Workspace workspace, Tensor logits, Tensor first, Tensor second, Tensor shares, Tensor y) => workspace.Record(y, () =>
    {
        Tensor? dFirst = workspace.AddedGradient(first), dSecond = workspace.AddedGradient(second), dLogits = workspace.AddedGradient(logits);
        for (var t = 0; t < y.Rows; t++)
        {
            ReadOnlySpan<float> dy = y.Gradient!.Row(t), c = shares.Row(t);
            if (dFirst is not null) Elementwise.AddScaled(dFirst.Row(t), dy, c[0]);
            if (dSecond is not null) Elementwise.AddScaled(dSecond.Row(t), dy, c[1]);
            if (dLogits is null) continue;
            double difference = 0;
            ReadOnlySpan<float> a = first.Row(t), b = second.Row(t);
            for (var d = 0; d < dy.Length; d++) difference += (double)dy[d] * ((double)a[d] - b[d]);
            // ∂c₀/∂z₀ = c₀ c₁ = −∂c₀/∂z₁, and c₁ = 1 − c₀.
            var slope = (float)(difference * c[0] * c[1]);
            dLogits.Row(t)[0] += slope;
            dLogits.Row(t)[1] -= slope;
        }
    });
}

using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>Small functions of routers and gates, with gradients.</summary>
public static class GateOps
{
    /// <summary>y[t] = σ(gate[t]) · x[t].</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D].</param>
    /// <param name="gate">[T, 1], before the logistic function.</param>
    /// <returns>[T, D].</returns>
    public static Tensor GateRows(this Workspace workspace, Tensor x, Tensor gate)
    {
        var y = workspace.Rent(x.Rows, x.Columns);
        x.Span.CopyTo(y.Span);
        for (var t = 0; t < x.Rows; t++) Elementwise.Scale(y.Row(t), Sigmoid(gate.Span[t]));
        if (workspace.Recording && (x.NeedsGradient || gate.NeedsGradient))
            RecordGate(workspace, x, gate, y);
        return y;
    }

    static void RecordGate(Workspace workspace, Tensor x, Tensor gate, Tensor y) => workspace.Record(y, () =>
    {
        Tensor? dx = workspace.AddedGradient(x), dGate = workspace.AddedGradient(gate);
        for (var t = 0; t < x.Rows; t++)
        {
            var open = Sigmoid(gate.Span[t]);
            var dy = y.Gradient!.Row(t);
            if (dx is not null) Elementwise.AddScaled(dx.Row(t), dy, open);
            if (dGate is null) continue;
            double product = 0;
            var x_D = x.Row(t);
            for (var d = 0; d < dy.Length; d++) product += (double)dy[d] * x_D[d];
            dGate.Span[t] += (float)(product * open * (1 - open));
        }
    });

    /// <summary>y[t] = factor[t] · x[t].</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D].</param>
    /// <param name="factor">[T, 1].</param>
    /// <returns>[T, D].</returns>
    public static Tensor ScaleRows(this Workspace workspace, Tensor x, Tensor factor)
    {
        var y = workspace.Rent(x.Rows, x.Columns);
        x.Span.CopyTo(y.Span);
        for (var t = 0; t < x.Rows; t++) Elementwise.Scale(y.Row(t), factor.Span[t]);
        if (workspace.Recording && (x.NeedsGradient || factor.NeedsGradient))
            RecordScale(workspace, x, factor, y);
        return y;
    }

    static void RecordScale(Workspace workspace, Tensor x, Tensor factor, Tensor y) => workspace.Record(y, () =>
    {
        Tensor? dx = workspace.AddedGradient(x), dFactor = workspace.AddedGradient(factor);
        for (var t = 0; t < x.Rows; t++)
        {
            var dy = y.Gradient!.Row(t);
            if (dx is not null) Elementwise.AddScaled(dx.Row(t), dy, factor.Span[t]);
            if (dFactor is null) continue;
            double product = 0;
            var x_D = x.Row(t);
            for (var d = 0; d < dy.Length; d++) product += (double)dy[d] * x_D[d];
            dFactor.Span[t] += (float)product;
        }
    });

    /// <summary>y = tanh(x), element by element.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, N].</param>
    /// <returns>[T, N].</returns>
    public static Tensor Tanh(this Workspace workspace, Tensor x)
    {
        var y = workspace.Rent(x.Rows, x.Columns);
        for (var i = 0; i < x.Count; i++) y.Span[i] = MathF.Tanh(x.Span[i]);
        if (workspace.Recording && x.NeedsGradient) RecordTanh(workspace, x, y);
        return y;
    }

    static void RecordTanh(Workspace workspace, Tensor x, Tensor y) => workspace.Record(y, () =>
    {
        ReadOnlySpan<float> value = y.Span, dy = y.Gradient!.Span;
        var dx = workspace.AddedGradient(x)!.Span;
        for (var i = 0; i < dx.Length; i++) dx[i] += dy[i] * (1 - (value[i] * value[i]));
    });

    /// <summary>y = |x|, element by element; at 0 its gradient is 0.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, N].</param>
    /// <returns>[T, N].</returns>
    public static Tensor Abs(this Workspace workspace, Tensor x)
    {
        var y = workspace.Rent(x.Rows, x.Columns);
        for (var i = 0; i < x.Count; i++) y.Span[i] = MathF.Abs(x.Span[i]);
        if (workspace.Recording && x.NeedsGradient) RecordAbs(workspace, x, y);
        return y;
    }

    static void RecordAbs(Workspace workspace, Tensor x, Tensor y) => workspace.Record(y, () =>
    {
        ReadOnlySpan<float> value = x.Span, dy = y.Gradient!.Span;
        var dx = workspace.AddedGradient(x)!.Span;
        for (var i = 0; i < dx.Length; i++) dx[i] += value[i] > 0 ? dy[i] : value[i] < 0 ? -dy[i] : 0;
    });

    /// <summary>1 / (1 + e⁻ᶻ), without overflow at either end.</summary>
    public static float Sigmoid(float z) => z >= 0 ? 1 / (1 + MathF.Exp(-z)) : MathF.Exp(z) / (1 + MathF.Exp(z));
}

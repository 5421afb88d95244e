using Moesaic.Kernels;

namespace Moesaic.Tensors;

/// <summary>Activations of feed-forwards without a gate, with gradients.</summary>
public static class ActivationOps
{
    /// <summary>y = f(x), element by element. Works on any layout, ragged too.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="kind">f.</param>
    /// <param name="x">What the up projection gave.</param>
    /// <returns>Same shape.</returns>
    public static Tensor Activate(this Workspace workspace, UngatedKind kind, Tensor x)
    {
        var y = workspace.Rent(x.Rows, x.Columns);
        Ungated.Forward(kind, x.Span, y.Span);
        if (workspace.Recording && x.NeedsGradient) RecordActivation(workspace, kind, x, y);
        return y;
    }

    static void RecordActivation(Workspace workspace, UngatedKind kind, Tensor x, Tensor y) => workspace.Record(y, () =>
        Ungated.Backward(kind, x.Span, y.Gradient!.Span, workspace.AddedGradient(x)!.Span));
}

using Moesaic.Kernels;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Methods.Calibration;

/// <summary>What every token gets beside its experts, taken out: so that what is left depends on the experts alone.</summary>
static class SharedPart
{
    /// <summary>Subtracts the shared experts from a target, and weighs the routed part as the layer does.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="layer">The mixture.</param>
    /// <param name="x">[T, D]: its input.</param>
    /// <param name="target">[T, D], changed; or null.</param>
    /// <param name="routed">Any number of times [T, D]: what the routed part is summed of; changed where shared experts are mixed with it.</param>
    /// <param name="own">[T, D], likewise, or null.</param>
    public static void Remove(Workspace workspace, MixtureFeedForward layer, Tensor x, Tensor? target, Tensor routed, Tensor? own)
    {
        if (layer.Shared is not { } shared) return;
        var logits = layer.SharedGate is { } gate ? workspace.Linear(x, gate, layer.SharedGateBias) : null;
        var mixed = logits is { Columns: 2 };
        if (mixed)
        {
            Weigh(logits!, routed);
            if (own is not null) Weigh(logits!, own);
        }
        if (target is null) return;
        var always = shared.Forward(workspace, x, LayerSample.NoTokens, null);
        for (var t = 0; t < x.Rows; t++)
            Elementwise.AddScaled(target.Row(t), always.Row(t), logits is null ? -1 : mixed ? -Share(logits, t, 1) : -GateOps.Sigmoid(logits.Span[t]));
    }

    static void Weigh(Tensor logits, Tensor rows)
    {
        for (var r = 0; r < rows.Rows; r++) Elementwise.Scale(rows.Row(r), Share(logits, r % logits.Rows, 0));
    }

    // Of the softmax of two, as the layer mixes them.
    static float Share(Tensor logits, int token, int part)
    {
        Span<float> shares = stackalloc float[2];
        Softmax.Rows(logits.Row(token), 2, shares);
        return shares[part];
    }
}

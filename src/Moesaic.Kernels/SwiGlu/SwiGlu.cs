namespace Moesaic.Kernels;

/// <summary>
/// The gated activation of LLaMA feed-forwards (Shazeer 2020): h = silu(gate) · up with silu(g) = g / (1 + e^−g). All
/// buffers have one length.
/// </summary>
/// <remarks>
/// Error against float64 at most 5e-7 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class SwiGlu
{
    /// <summary>h = silu(gate) · up.</summary>
    /// <param name="gate">[N].</param>
    /// <param name="up">[N].</param>
    /// <param name="h">[N]; may be the same buffer as either input.</param>
    public static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h)
    {
        Require.Length(up.Length, gate.Length, nameof(up));
        Require.Length(h.Length, gate.Length, nameof(h));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: GatedVector<Lanes512, SwiGluActivation<Lanes512>>.Forward(default, gate, up, h); break;
            case KernelLevel.Vector256: GatedVector<Lanes256, SwiGluActivation<Lanes256>>.Forward(default, gate, up, h); break;
            case KernelLevel.Vector128: GatedVector<Lanes128, SwiGluActivation<Lanes128>>.Forward(default, gate, up, h); break;
            default: SwiGluReference.Forward(gate, up, h); break;
        }
    }

    /// <summary>
    /// With s = 1 / (1 + e^−gate): dGate += dh · up · s · (1 + gate · (1 − s)) and dUp += dh · gate · s.
    /// </summary>
    /// <param name="gate">[N], the forward's input.</param>
    /// <param name="up">[N], the forward's input.</param>
    /// <param name="dh">[N].</param>
    /// <param name="dGate">[N], added to.</param>
    /// <param name="dUp">[N], added to.</param>
    public static void Backward(
        ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dh, Span<float> dGate, Span<float> dUp)
    {
        Require.Length(up.Length, gate.Length, nameof(up));
        Require.Length(dh.Length, gate.Length, nameof(dh));
        Require.Length(dGate.Length, gate.Length, nameof(dGate));
        Require.Length(dUp.Length, gate.Length, nameof(dUp));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: GatedVector<Lanes512, SwiGluActivation<Lanes512>>.Backward(default, gate, up, dh, dGate, dUp); break;
            case KernelLevel.Vector256: GatedVector<Lanes256, SwiGluActivation<Lanes256>>.Backward(default, gate, up, dh, dGate, dUp); break;
            case KernelLevel.Vector128: GatedVector<Lanes128, SwiGluActivation<Lanes128>>.Backward(default, gate, up, dh, dGate, dUp); break;
            default: SwiGluReference.Backward(gate, up, dh, dGate, dUp); break;
        }
    }
}

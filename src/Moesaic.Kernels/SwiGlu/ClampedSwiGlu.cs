namespace Moesaic.Kernels;

/// <summary>
/// The gated activation of gpt-oss (OpenAI 2025): with g = min(gate, limit) and u = up held within ±limit,
/// h = g · σ(slope · g) · (u + 1). What is cut off gets no gradient. All buffers have one length.
/// </summary>
/// <remarks>
/// Error against float64 at most 5e-7 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class ClampedSwiGlu
{
    /// <summary>h = g · σ(slope · g) · (u + 1).</summary>
    /// <param name="limit">Above it gates are cut off, beyond it on both sides ups; positive.</param>
    /// <param name="slope">Of the sigmoid; 1.702 makes it close to GELU.</param>
    /// <param name="gate">[N].</param>
    /// <param name="up">[N].</param>
    /// <param name="h">[N]; may be the same buffer as either input.</param>
    public static void Forward(float limit, float slope, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h)
    {
        Require.Length(up.Length, gate.Length, nameof(up));
        Require.Length(h.Length, gate.Length, nameof(h));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: GatedVector<Lanes512, ClampedSwiGluActivation<Lanes512>>.Forward(new(limit, slope), gate, up, h); break;
            case KernelLevel.Vector256: GatedVector<Lanes256, ClampedSwiGluActivation<Lanes256>>.Forward(new(limit, slope), gate, up, h); break;
            case KernelLevel.Vector128: GatedVector<Lanes128, ClampedSwiGluActivation<Lanes128>>.Forward(new(limit, slope), gate, up, h); break;
            default: ClampedSwiGluReference.Forward(limit, slope, gate, up, h); break;
        }
    }

    /// <summary>
    /// With s = σ(slope · g): dGate += dh · (u + 1) · s · (1 + slope · g · (1 − s)) where gate ≤ limit, and dUp += dh · g · s
    /// where |up| ≤ limit.
    /// </summary>
    /// <param name="limit">As in the forward.</param>
    /// <param name="slope">As in the forward.</param>
    /// <param name="gate">[N], the forward's input.</param>
    /// <param name="up">[N], the forward's input.</param>
    /// <param name="dh">[N].</param>
    /// <param name="dGate">[N], added to.</param>
    /// <param name="dUp">[N], added to.</param>
    public static void Backward(
        float limit, float slope, ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dh, Span<float> dGate,
        Span<float> dUp)
    {
        Require.Length(up.Length, gate.Length, nameof(up));
        Require.Length(dh.Length, gate.Length, nameof(dh));
        Require.Length(dGate.Length, gate.Length, nameof(dGate));
        Require.Length(dUp.Length, gate.Length, nameof(dUp));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: GatedVector<Lanes512, ClampedSwiGluActivation<Lanes512>>.Backward(new(limit, slope), gate, up, dh, dGate, dUp); break;
            case KernelLevel.Vector256: GatedVector<Lanes256, ClampedSwiGluActivation<Lanes256>>.Backward(new(limit, slope), gate, up, dh, dGate, dUp); break;
            case KernelLevel.Vector128: GatedVector<Lanes128, ClampedSwiGluActivation<Lanes128>>.Backward(new(limit, slope), gate, up, dh, dGate, dUp); break;
            default: ClampedSwiGluReference.Backward(limit, slope, gate, up, dh, dGate, dUp); break;
        }
    }
}

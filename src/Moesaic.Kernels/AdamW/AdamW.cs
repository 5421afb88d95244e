namespace Moesaic.Kernels;

/// <summary>
/// Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2, with PyTorch's placement of ε), in place:
/// g = gradient · GradientScale; p ← p·(1 − η·λ); m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²;
/// p ← p − η/(1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε).
/// </summary>
/// <remarks>
/// Error against float64 at most 1e-6 · (1 + the largest magnitude of the buffer), at every <see cref="KernelLevel"/>; the
/// bits do not depend on the number of threads.
/// </remarks>
public static class AdamW
{
    /// <summary>Updates parameters and moments in place. All buffers have one length.</summary>
    /// <param name="parameter">[N].</param>
    /// <param name="gradient">[N].</param>
    /// <param name="m">[N], first moment; zero before the first step.</param>
    /// <param name="v">[N], second moment; zero before the first step.</param>
    /// <param name="step">The settings; <see cref="AdamWStep.Step"/> is at least 1.</param>
    public static void Step(
        Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> m, Span<float> v, in AdamWStep step)
    {
        Require.Length(gradient.Length, parameter.Length, nameof(gradient));
        Require.Length(m.Length, parameter.Length, nameof(m));
        Require.Length(v.Length, parameter.Length, nameof(v));
        Require.Positive(step.Step, nameof(step.Step));
        switch (KernelSelection.Level)
        {
            case KernelLevel.Vector512: AdamWVector<Lanes512>.Step(parameter, gradient, m, v, step); break;
            case KernelLevel.Vector256: AdamWVector<Lanes256>.Step(parameter, gradient, m, v, step); break;
            case KernelLevel.Vector128: AdamWVector<Lanes128>.Step(parameter, gradient, m, v, step); break;
            default: AdamWReference.Step(parameter, gradient, m, v, step); break;
        }
    }
}

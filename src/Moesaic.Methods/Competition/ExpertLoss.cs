namespace Moesaic.Methods.Competition;

/// <summary>The loss of E experts and a gate on one case of N numbers, with its gradient in closed form (Jacobs et al. 1991).</summary>
public static class ExpertLoss
{
    /// <summary>What fits the stack.</summary>
    const int Few = 256;

    /// <summary>Computes loss and gradient.</summary>
    /// <param name="objective">Which.</param>
    /// <param name="logits">z, [E]; the gate is softmax(z).</param>
    /// <param name="outputs">o, [E, N].</param>
    /// <param name="target">d, [N].</param>
    /// <param name="logitGradient">∂L/∂z, filled, [E].</param>
    /// <param name="outputGradient">∂L/∂o, filled, [E, N].</param>
    /// <returns>L.</returns>
    public static double Of(ExpertObjective objective, ReadOnlySpan<double> logits, ReadOnlySpan<double> outputs, ReadOnlySpan<double> target,
        Span<double> logitGradient, Span<double> outputGradient) => objective switch
    {
        ExpertObjective.Cooperative => Cooperative(logits, outputs, target, logitGradient, outputGradient),
        ExpertObjective.Weighted => Weighted(logits, outputs, target, logitGradient, outputGradient),
        _ => Gaussian(logits, outputs, target, logitGradient, outputGradient),
    };

    static double Cooperative(ReadOnlySpan<double> logits, ReadOnlySpan<double> outputs, ReadOnlySpan<double> target,
        Span<double> dLogits, Span<double> dOutputs)
    {
        int experts = logits.Length, size = target.Length;
        Span<double> p_E = experts <= Few ? stackalloc double[experts] : new double[experts];
        Span<double> rest_N = size <= Few ? stackalloc double[size] : new double[size];
        LikelihoodMixture.Softmax(logits, p_E);
        target.CopyTo(rest_N);
        for (var i = 0; i < experts; i++)
            for (var n = 0; n < size; n++) rest_N[n] -= p_E[i] * outputs[(i * size) + n];
        double loss = 0, mean = 0;
        foreach (var r in rest_N) loss += 0.5 * r * r;
        for (var i = 0; i < experts; i++)
        {
            dLogits[i] = 0;     // first ∂L/∂pᵢ
            for (var n = 0; n < size; n++)
            {
                dOutputs[(i * size) + n] = -p_E[i] * rest_N[n];
                dLogits[i] -= rest_N[n] * outputs[(i * size) + n];
            }
            mean += p_E[i] * dLogits[i];
        }
        for (var i = 0; i < experts; i++) dLogits[i] = p_E[i] * (dLogits[i] - mean);
        return loss;
    }

    static double Weighted(ReadOnlySpan<double> logits, ReadOnlySpan<double> outputs, ReadOnlySpan<double> target,
        Span<double> dLogits, Span<double> dOutputs)
    {
        var experts = logits.Length;
        Span<double> p_E = experts <= Few ? stackalloc double[experts] : new double[experts];
        Span<double> half_E = experts <= Few ? stackalloc double[experts] : new double[experts];
        LikelihoodMixture.Softmax(logits, p_E);
        HalfSquares(outputs, target, half_E);
        double loss = 0;
        for (var i = 0; i < half_E.Length; i++) loss += p_E[i] * half_E[i];
        for (var i = 0; i < half_E.Length; i++) dLogits[i] = p_E[i] * (half_E[i] - loss);
        Pull(p_E, outputs, target, dOutputs);
        return loss;
    }

    static double Gaussian(ReadOnlySpan<double> logits, ReadOnlySpan<double> outputs, ReadOnlySpan<double> target,
        Span<double> dLogits, Span<double> dOutputs)
    {
        var experts = logits.Length;
        Span<double> h_E = experts <= Few ? stackalloc double[experts] : new double[experts];
        Span<double> log_E = experts <= Few ? stackalloc double[experts] : new double[experts];
        HalfSquares(outputs, target, log_E);
        foreach (ref var log in log_E) log = -log;
        var loss = LikelihoodMixture.Loss(logits, log_E, dLogits, h_E);
        Pull(h_E, outputs, target, dOutputs);
        return loss;
    }

    // ½‖d − oᵢ‖².
    static void HalfSquares(ReadOnlySpan<double> outputs, ReadOnlySpan<double> target, Span<double> half_E)
    {
        for (var i = 0; i < half_E.Length; i++)
        {
            half_E[i] = 0;
            for (var n = 0; n < target.Length; n++)
            {
                var r = target[n] - outputs[(i * target.Length) + n];
                half_E[i] += 0.5 * r * r;
            }
        }
    }

    // −shareᵢ (d − oᵢ).
    static void Pull(ReadOnlySpan<double> share_E, ReadOnlySpan<double> outputs, ReadOnlySpan<double> target, Span<double> dOutputs)
    {
        for (var i = 0; i < share_E.Length; i++)
            for (var n = 0; n < target.Length; n++)
                dOutputs[(i * target.Length) + n] = -share_E[i] * (target[n] - outputs[(i * target.Length) + n]);
    }
}

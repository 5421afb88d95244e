namespace Moesaic.Methods.Preferences;

/// <summary>
/// The loss of one pair, −(1 − ε)·log σ(βΔ) − ε·log σ(−βΔ), where Δ is what the better answer gained over the worse one in
/// log-probability since the reference (Rafailov et al. 2023, equation 7; with ε, Mitchell 2023).
/// </summary>
/// <param name="Beta">β.</param>
/// <param name="Smoothing">ε.</param>
public readonly record struct DpoLoss(double Beta, double Smoothing)
{
    /// <summary>The loss in nats; ln 2 at Δ = 0.</summary>
    public double Of(double gain) => ((1 - Smoothing) * Softplus(-Beta * gain)) + (Smoothing * Softplus(Beta * gain));

    /// <summary>The loss's derivative by Δ.</summary>
    public double Slope(double gain) => Beta * ((Smoothing * Sigmoid(Beta * gain)) - ((1 - Smoothing) * Sigmoid(-Beta * gain)));

    // log(1 + exp(x)) without overflow: −log σ(−x).
    static double Softplus(double x) => Math.Max(x, 0) + double.LogP1(Math.Exp(-Math.Abs(x)));

    static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));
}

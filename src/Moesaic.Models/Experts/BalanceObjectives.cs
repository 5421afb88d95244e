using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Models.Experts;

/// <summary>
/// Objectives on the routers (slot 9) of a pass, summed over layers. Each is a mean over counted tokens, of the pass or of
/// <see cref="Whole"/>.
/// </summary>
/// <param name="Terms">The objectives.</param>
public sealed record BalanceObjectives(IReadOnlyList<BalanceTerm> Terms) : IRouterObjective
{
    /// <summary>The two most usual ones.</summary>
    /// <param name="loadBalance">Coefficient of <see cref="LoadBalance"/>; 0 for none.</param>
    /// <param name="zLoss">Coefficient of <see cref="ZLoss"/>; 0 for none.</param>
    public BalanceObjectives(float loadBalance, float zLoss) : this([
        .. loadBalance > 0 ? [new BalanceTerm(new LoadBalance(), loadBalance)] : Array.Empty<BalanceTerm>(),
        .. zLoss > 0 ? [new BalanceTerm(new ZLoss(), zLoss)] : Array.Empty<BalanceTerm>()])
    {
    }

    /// <summary>
    /// Every coefficient is multiplied by this: with gradient accumulation the pass's share of the step's counted tokens. Default 1.
    /// </summary>
    public float Share { get; init; } = 1;

    /// <summary>
    /// Sums over more than the pass, such as all passes of a step: the gradient is then that of the whole. Null: of the pass.
    /// </summary>
    public BalanceLedger? Whole { get; init; }

    /// <summary>Keeps what the routers found in the pass, or null.</summary>
    public BalanceLedger? Found { get; init; }

    /// <inheritdoc/>
    public IRouterGradient? Observe(in RouterDecisions decisions) => new RouterBalance(this, decisions);

    /// <summary>The value of E Σ f P.</summary>
    /// <param name="load">fₑ, summing to 1.</param>
    /// <param name="meanProbability">Pₑ.</param>
    public static double LoadBalanceValue(ReadOnlySpan<double> load, ReadOnlySpan<double> meanProbability)
    {
        double sum = 0;
        for (var e = 0; e < load.Length; e++) sum += load[e] * meanProbability[e];
        return sum * load.Length;
    }
}

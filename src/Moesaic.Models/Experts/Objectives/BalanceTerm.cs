namespace Moesaic.Models.Experts.Objectives;

/// <summary>Over what an objective's sums are taken.</summary>
public enum BalanceOver
{
    /// <summary>The counted tokens of the pass, or of the whole step where its sums are known (<see cref="BalanceObjectives.Whole"/>).</summary>
    Tokens,

    /// <summary>Each sequence by itself; the objective is their mean, a sequence counting by its tokens (DeepSeek-V3 2024, eq. 17 to 20).</summary>
    Sequences,

    /// <summary>
    /// The tokens at all routers with as many experts, as if these were one; the objective is there once, not once a layer (Hugging Face's
    /// Mixtral, Qwen2-MoE).
    /// </summary>
    Layers,
}

/// <summary>An objective with its coefficient.</summary>
/// <param name="Objective">What is minimised.</param>
/// <param name="Coefficient">Positive.</param>
/// <param name="Over">Over what its sums are taken.</param>
public sealed record BalanceTerm(IBalanceObjective Objective, float Coefficient, BalanceOver Over = BalanceOver.Tokens)
{
    /// <summary>As in logs and reports: "load_balance", "sequence_load_balance", "pooled_load_balance".</summary>
    public string Name => Over switch
    {
        BalanceOver.Sequences => "sequence_" + Objective.Name,
        BalanceOver.Layers => "pooled_" + Objective.Name,
        _ => Objective.Name,
    };

    /// <summary>Coefficients of routers that have their own, or null.</summary>
    public IReadOnlyDictionary<Router, float>? Own { get; init; }

    /// <summary>The coefficient of a router.</summary>
    public float Of(Router router) => Own is not null && Own.TryGetValue(router, out var own) ? own : Coefficient;

    /// <summary>Whether it matters to a pass what the other passes of the step choose.</summary>
    public bool CrossesPasses => Objective.DependsOnSums && Over != BalanceOver.Sequences;
}

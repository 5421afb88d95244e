using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// Objectives on the router (slot 9), averaged over the counted tokens of the pass and summed over layers. Coefficients
/// are those of one pass: with gradient accumulation they are multiplied by the pass's share of the step's tokens.
/// </summary>
/// <param name="LoadBalance">
/// Coefficient of E Σₑ fₑ Pₑ, where fₑ is the fraction of the token slots that went to expert e and Pₑ its mean
/// probability (Fedus et al. 2022, eq. 4 to 6, with f counted over all K choices and divided by K). 1 at uniform routing,
/// E at collapse.
/// </param>
/// <param name="ZLoss">Coefficient of mean(logsumexp²) (Zoph et al. 2022, eq. 5).</param>
public sealed record BalanceObjectives(float LoadBalance, float ZLoss) : IRouterObjective
{
    /// <summary>
    /// fₑ of each router over more than the pass, such as all passes of a step: the gradient of <see cref="LoadBalance"/> is then that
    /// of the whole. Null: fₑ of the pass.
    /// </summary>
    public IReadOnlyDictionary<Router, double[]>? Loads { get; init; }

    /// <summary>
    /// Coefficient of cv²(importance) + cv²(load) (Shazeer et al. 2017, eq. 6 to 11; LLaMA-MoE v1's balance loss). Without noise the
    /// load is a count, and only the importance has a gradient. Default 0. See <see cref="VariationObjective"/>.
    /// </summary>
    public float Variation { get; init; }

    /// <summary>The value of E Σ f P, without coefficient.</summary>
    /// <param name="load">fₑ, summing to 1.</param>
    /// <param name="meanProbability">Pₑ.</param>
    public static double LoadBalanceValue(ReadOnlySpan<double> load, ReadOnlySpan<double> meanProbability)
    {
        double sum = 0;
        for (var e = 0; e < load.Length; e++) sum += load[e] * meanProbability[e];
        return sum * load.Length;
    }

    /// <inheritdoc/>
    public void AddToWeights(Workspace workspace, in RouterDecisions decisions)
    {
        if (Variation <= 0) return;
        var (spec, routing) = (decisions.Router.Spec, decisions.Routing);
        VariationObjective.AddImportance(Variation, routing, spec, decisions.Counted.Span);
        if (decisions.Noisy is { } noisy && routing.Weights.Columns < spec.Experts)
            VariationObjective.AddLoad(workspace, Variation, noisy, routing, spec, decisions.Counted.Span);
    }

    /// <inheritdoc/>
    public void AddToLogits(Workspace workspace, in RouterDecisions decisions)
    {
        var (router, routing) = (decisions.Router, decisions.Routing);
        var counted = decisions.Counted.Span;
        var dLogits = workspace.AddedGradient(decisions.Logits)!;
        Span<double> load = router.Spec.Experts <= 256 ? stackalloc double[router.Spec.Experts] : new double[router.Spec.Experts];
        load.Clear();
        int tokens = 0, slots = 0, chosen = routing.Weights.Columns;
        for (var t = 0; t < dLogits.Rows; t++)
        {
            if (!counted.IsEmpty && !counted[t]) continue;
            tokens++;
            var ids_K = Selection.Filled(routing.Chosen.Span.Slice(t * chosen, chosen));
            slots += ids_K.Length;
            foreach (var e in ids_K) load[e]++;
        }
        if (tokens == 0) return;
        for (var e = 0; e < load.Length; e++) load[e] /= Math.Max(1, slots);
        if (Loads?.GetValueOrDefault(router) is { } whole) whole.CopyTo(load);
        for (var t = 0; t < dLogits.Rows; t++)
            if (counted.IsEmpty || counted[t])
                AddGradient(router.Spec.Affinity, decisions.Logits.Row(t), routing.Probabilities.Row(t), routing.LogSumExp.Span[t],
                    load, tokens, dLogits.Row(t));
    }

    /// <summary>
    /// Adds the gradient of both objectives with respect to one token's logits. fₑ is a count and has no gradient. With
    /// softmax it is ∂/∂z = c E/n · p ∘ (f − ⟨f, p⟩) + 2 c_z/n · logsumexp · p; with sigmoids σ, whose p is σ divided by
    /// its sum (DeepSeek-V3 2024, eq. 18), the first term has the further factor 1 − σ and the second keeps softmax(z).
    /// </summary>
    /// <param name="affinity">Of the router.</param>
    /// <param name="logits">The token's E logits.</param>
    /// <param name="probabilities">The token's E affinities, summing to 1.</param>
    /// <param name="logSumExp">Of the token's logits.</param>
    /// <param name="load">fₑ, over the pass or <see cref="Loads"/>.</param>
    /// <param name="counted">n, number of counted tokens.</param>
    /// <param name="dLogits">E gradients, added to.</param>
    public void AddGradient(RouterAffinity affinity, ReadOnlySpan<float> logits, ReadOnlySpan<float> probabilities, float logSumExp,
        ReadOnlySpan<double> load, int counted, Span<float> dLogits)
    {
        double mean = 0;
        for (var e = 0; e < probabilities.Length; e++) mean += load[e] * probabilities[e];
        double balance = LoadBalance * probabilities.Length / counted, z = 2.0 * ZLoss / counted * logSumExp;
        var sigmoid = affinity == RouterAffinity.Sigmoid;
        for (var e = 0; e < probabilities.Length; e++)
        {
            var (slope, soft) = sigmoid
                ? (1 - GateOps.Sigmoid(logits[e]), MathF.Exp(logits[e] - logSumExp)) : (1, probabilities[e]);
            dLogits[e] += (float)((probabilities[e] * slope * balance * (load[e] - mean)) + (soft * z));
        }
    }
}

namespace Moesaic.Models.Experts.Objectives;

/// <summary>What objectives see of one token at one router.</summary>
public readonly ref struct RoutedToken
{
    /// <summary>The router's settings.</summary>
    public required RouterSpec Spec { get; init; }

    /// <summary>E logits, with noise where there is some.</summary>
    public required ReadOnlySpan<float> Logits { get; init; }

    /// <summary>E affinities that sum to 1.</summary>
    public required ReadOnlySpan<float> Probabilities { get; init; }

    /// <summary>Of the logits.</summary>
    public float LogSumExp { get; init; }

    /// <summary>The chosen experts, best first.</summary>
    public ReadOnlySpan<int> Chosen { get; init; }

    /// <summary>Those before a capacity took some away: loads are of these, or a full expert would look as if nobody wanted more of it.</summary>
    public ReadOnlySpan<int> Wanted { get; init; }

    /// <summary>The combine weights of the chosen, scale included.</summary>
    public ReadOnlySpan<float> Weights { get; init; }

    /// <summary>What the noise was added to; empty without noise.</summary>
    public ReadOnlySpan<float> Clean { get; init; }

    /// <summary>Of the noise; empty without noise.</summary>
    public ReadOnlySpan<float> Deviations { get; init; }

    /// <summary>ln pₑ; −∞ where pₑ is 0.</summary>
    /// <param name="expert">e.</param>
    public double LogProbability(int expert) => Spec.Affinity is RouterAffinity.SoftmaxBeforeSelection or RouterAffinity.SoftmaxAfterSelection
        ? (double)Logits[expert] - LogSumExp : Math.Log(Probabilities[expert]);
}

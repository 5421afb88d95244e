using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Models.Tests.Experts.Objectives;

/// <summary>Some tokens with logits in float64, routed by the plainest code there is: what objectives are compared with.</summary>
sealed class TokenTable
{
    public TokenTable(RouterSpec spec, double[][] logits)
    {
        (Spec, Logits) = (spec, logits);
        Chosen = [.. logits.Select(row => Enumerable.Range(0, spec.Experts).OrderByDescending(e => row[e]).Take(spec.Chosen).ToArray())];
    }

    public static TokenTable Random(RouterSpec spec, int tokens, int seed)
    {
        var random = new Random(seed);
        return new(spec, [.. Enumerable.Range(0, tokens).Select(_ => Enumerable.Range(0, spec.Experts).Select(_ => (random.NextDouble() * 4) - 1.5).ToArray())]);
    }

    public RouterSpec Spec { get; }

    public double[][] Logits { get; }

    /// <summary>Stays while logits are moved.</summary>
    public int[][] Chosen { get; }

    public double[] Probabilities(int token)
    {
        double[] mass = [.. Logits[token].Select(z => Spec.Affinity switch
        {
            RouterAffinity.Sigmoid => 1 / (1 + Math.Exp(-z)),
            RouterAffinity.Relu => Math.Max(0, z),
            _ => Math.Exp(z),
        })];
        return [.. mass.Select(m => m / mass.Sum())];
    }

    public double LogSumExp(int token) => Math.Log(Logits[token].Sum(Math.Exp));

    /// <summary>Probabilities of the chosen, renormalised.</summary>
    public double[] Weights(int token)
    {
        double[] kept = [.. Chosen[token].Select(e => Probabilities(token)[e])];
        return [.. kept.Select(w => Spec.Scale * w / kept.Sum())];
    }

    public RoutedToken Token(int token) => new()
    {
        Spec = Spec,
        Logits = Floats(Logits[token]),
        Probabilities = Floats(Probabilities(token)),
        LogSumExp = (float)LogSumExp(token),
        Chosen = Chosen[token],
        Wanted = Chosen[token],
        Weights = Floats(Weights(token)),
    };

    public double[] Sums(IBalanceObjective objective)
    {
        var sums = new double[objective.Sums(Spec.Experts)];
        for (var t = 0; t < Logits.Length; t++) objective.Add(Token(t), sums);
        return sums;
    }

    public double Value(IBalanceObjective objective) => objective.Value(Spec, new TokenSums(Sums(objective), Logits.Length));

    public double[] Slopes(IBalanceObjective objective, float coefficient)
    {
        var (sums, slopes) = (Sums(objective), new double[objective.Sums(Spec.Experts) + 1]);
        objective.Slopes(Spec, new TokenSums(sums, Logits.Length), new Portion(coefficient, Logits.Length), slopes);
        return slopes;
    }

    static float[] Floats(double[] values) => [.. values.Select(v => (float)v)];
}

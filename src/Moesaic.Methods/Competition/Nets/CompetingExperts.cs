namespace Moesaic.Methods.Competition.Nets;

/// <summary>
/// Experts without hidden units, o = logistic(W x + b), and a linear gate that sees the same x (Jacobs et al. 1991). The output is
/// the mean of the experts, weighted by the gate.
/// </summary>
sealed class CompetingExperts : IVowelNet
{
    readonly ExpertObjective objective;
    readonly AffineMap gate;
    readonly AffineMap experts;     // all of them as one map
    readonly double[] z, dz, p, o, dO, output;

    public CompetingExperts(int inputs, int count, int outputs, ExpertObjective objective)
    {
        this.objective = objective;
        gate = new AffineMap(0, inputs, count);
        experts = new AffineMap(gate.End, inputs, count * outputs);
        (z, dz, p) = (new double[count], new double[count], new double[count]);
        (o, dO, output) = (new double[count * outputs], new double[count * outputs], new double[outputs]);
    }

    public int Parameters => experts.End;

    public ReadOnlySpan<double> Output => output;

    /// <summary>The gate of the case it learned last, [E].</summary>
    public ReadOnlySpan<double> Gate => p;

    public double Learn(ReadOnlySpan<double> parameters, Vowel vowel, Span<double> gradient)
    {
        gate.Forward(parameters, vowel.Formants, z);
        experts.Forward(parameters, vowel.Formants, o);
        Logistic.Forward(o);
        Mix();

        var loss = ExpertLoss.Of(objective, z, o, vowel.Target, dz, dO);
        Logistic.Backward(o, dO);
        gate.Backward(parameters, vowel.Formants, dz, gradient, []);
        experts.Backward(parameters, vowel.Formants, dO, gradient, []);
        return loss;
    }

    void Mix()
    {
        LikelihoodMixture.Softmax(z, p);
        Array.Clear(output);
        for (var i = 0; i < p.Length; i++)
            for (var n = 0; n < output.Length; n++) output[n] += p[i] * o[(i * output.Length) + n];
    }
}

using Moesaic.Methods.Competition;

namespace Moesaic.Methods.Tests.Competition;

public class LikelihoodMixtureTests
{
    // Gates and the log-probabilities of a token, far apart as those of language models are.
    static readonly double[] Logits = [0.3, -1.2, 2.0], LogLikelihoods = [-2.5, -0.1, -7];

    [Fact]
    public void It_is_the_log_of_the_mean_likelihood()
    {
        var sum = Logits.Sum(Math.Exp);
        var mean = Logits.Zip(LogLikelihoods, (z, l) => Math.Exp(z) / sum * Math.Exp(l)).Sum();
        Assert.Equal(-Math.Log(mean), Loss(Logits, LogLikelihoods, out _, out _), 12);
    }

    [Fact]
    public void One_expert_alone_has_its_cross_entropy()
    {
        Assert.Equal(3.25, Loss([17], [-3.25], out var dz, out var h), 12);
        Assert.Equal(0, dz[0]);
        Assert.Equal(1, h[0]);
    }

    [Fact]
    public void Posterior_and_gate_give_the_gradients()
    {
        Loss(Logits, LogLikelihoods, out var dz, out var h);
        Assert.Equal(1, h.Sum(), 12);
        for (var i = 0; i < Logits.Length; i++)
        {
            Assert.Equal(Slope(i, Logits, z => Loss(z, LogLikelihoods, out _, out _)), dz[i], 8);
            Assert.Equal(Slope(i, LogLikelihoods, l => Loss(Logits, l, out _, out _)), -h[i], 8);
        }
    }

    [Fact]
    public void Likelihoods_below_the_smallest_number_still_compare()
    {
        Assert.Equal(5000 + Math.Log(2), Loss([0, 0], [-5000, -6000], out _, out var h), 9);
        Assert.Equal([1, 0], h);
    }

    static double Loss(double[] logits, double[] logLikelihoods, out double[] dz, out double[] posterior)
    {
        (dz, posterior) = (new double[logits.Length], new double[logits.Length]);
        return LikelihoodMixture.Loss(logits, logLikelihoods, dz, posterior);
    }

    internal static double Slope(int i, double[] at, Func<double[], double> loss)
    {
        const double Step = 1e-5;
        double[] above = [.. at], below = [.. at];
        above[i] += Step;
        below[i] -= Step;
        return (loss(above) - loss(below)) / (2 * Step);
    }
}

using Moesaic.Models.Experts;

namespace Moesaic.Models.Tests.Experts;

public class BalanceObjectivesTests
{
    [Fact]
    public void Uniform_routing_has_the_value_one_and_collapse_the_number_of_experts()
    {
        Assert.Equal(1, BalanceObjectives.LoadBalanceValue([0.25, 0.25, 0.25, 0.25], [0.25, 0.25, 0.25, 0.25]), 1e-12);
        Assert.Equal(4, BalanceObjectives.LoadBalanceValue([0, 1, 0, 0], [0, 1, 0, 0]), 1e-12);
    }

    [Fact]
    public void It_grows_with_the_skew()
    {
        // The objective as first shipped by some libraries is constant, whatever the routing; this one must not be.
        double before = 0;
        for (var skew = 0.25; skew <= 1; skew += 0.05)
        {
            var rest = (1 - skew) / 3;
            var value = BalanceObjectives.LoadBalanceValue([skew, rest, rest, rest], [skew, rest, rest, rest]);
            Assert.True(value > before);
            before = value;
        }
    }

    [Fact]
    public void The_closed_gradient_is_that_of_the_objective()
    {
        const int Tokens = 5, Experts = 4, Chosen = 2;
        const double Balance = 0.7, Z = 0.3, Step = 1e-6;
        var random = new Random(8);
        var z = Enumerable.Range(0, Tokens).Select(_ => Enumerable.Range(0, Experts).Select(_ => (random.NextDouble() * 4) - 2).ToArray()).ToArray();
        var load = new double[Experts];
        foreach (var row in z)
            foreach (var e in Enumerable.Range(0, Experts).OrderByDescending(e => row[e]).Take(Chosen)) load[e] += 1.0 / (Tokens * Chosen);

        for (var t = 0; t < Tokens; t++)
        {
            var gradient = new float[Experts];
            new BalanceObjectives((float)Balance, (float)Z).AddGradient(RouterAffinity.SoftmaxBeforeSelection, [.. z[t].Select(v => (float)v)],
                [.. Softmax(z[t]).Select(p => (float)p)], (float)LogSumExp(z[t]), load, Tokens, gradient);
            for (var e = 0; e < Experts; e++)
            {
                var kept = z[t][e];
                z[t][e] = kept + Step;
                var above = Objective();
                z[t][e] = kept - Step;
                var below = Objective();
                z[t][e] = kept;
                Assert.Equal((above - below) / (2 * Step), gradient[e], 1e-6);
            }
        }

        // c E Σ f P + c_z mean(logsumexp²); the loads are counts and stay.
        double Objective()
        {
            double value = 0;
            foreach (var row in z)
            {
                var p = Softmax(row);
                value += (Balance * Experts * load.Zip(p, (f, q) => f * q).Sum() / Tokens) + (Z * LogSumExp(row) * LogSumExp(row) / Tokens);
            }
            return value;
        }
    }

    static double LogSumExp(double[] z) => Math.Log(z.Sum(Math.Exp));

    static double[] Softmax(double[] z) => [.. z.Select(v => Math.Exp(v - LogSumExp(z)))];
}

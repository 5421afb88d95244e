using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Models.Tests.Experts.Objectives;

/// <summary>Values against formulas written out, gradients against differences of these in float64.</summary>
public class BalanceObjectiveTests
{
    const int Tokens = 7, Experts = 6, Chosen = 2;

    static readonly RouterSpec Spec = new() { Experts = Experts, Chosen = Chosen, Scale = 2.5f };

    static IBalanceObjective Objective(string name) => name switch
    {
        "share" => new LoadBalance(),
        "first" => new LoadBalance(LoadCount.First),
        "tokens" => new LoadBalance(LoadCount.Tokens),
        "group" => new GroupBalance(3),
        "soft" => new SoftBalance(),
        "z" => new ZLoss(),
        "mutual" => new MutualInformation(),
        "entropy" => new GatingEntropy(),
        "variance" => new ClusterVariance(VarianceForm.All),
        "clusters" => new ClusterVariance(VarianceForm.Clusters, 3),
        "apart" => new ClusterVariance(VarianceForm.Apart, 2),
        "importance" => new ImportanceVariation(),
        "relu" => new ReluSparsity(),
        _ => throw new ArgumentException(name),
    };

    // The formula. What has no gradient is taken from the table as it was.
    static double Formula(string name, TokenTable moved, TokenTable still)
    {
        int[] tokens = [.. Enumerable.Range(0, Tokens)], experts = [.. Enumerable.Range(0, Experts)];
        double Mean(int e) => tokens.Average(t => moved.Probabilities(t)[e]);
        double Count(int e) => still.Chosen.Sum(c => c.Count(i => i == e));
        double MeanWeight(int e) => tokens.Sum(t => moved.Chosen[t].Zip(moved.Weights(t), (i, w) => i == e ? w / moved.Spec.Scale : 0).Sum()) / Tokens;
        double Variance(IEnumerable<int> of)
        {
            double[] m = [.. of.Select(Mean)];
            return m.Sum(v => (v - m.Average()) * (v - m.Average())) / (m.Length - 1);
        }
        switch (name)
        {
            case "share": return Experts * experts.Sum(e => Count(e) / (Tokens * Chosen) * Mean(e));
            case "first": return Experts * experts.Sum(e => still.Chosen.Count(c => c[0] == e) / (double)Tokens * Mean(e));
            case "tokens": return Experts * experts.Sum(e => Count(e) / Tokens * Mean(e));
            case "group": return experts.Chunk(2).Sum(g => g.Average(e => Experts * Count(e) / (Tokens * Chosen)) * g.Sum(Mean));
            case "soft": return Experts * experts.Sum(e => MeanWeight(e) * Mean(e));
            case "z": return tokens.Average(t => Math.Pow(moved.LogSumExp(t), 2));
            case "mutual": return experts.Sum(e => XLogX(Mean(e))) - tokens.Average(t => moved.Probabilities(t).Sum(XLogX));
            case "entropy": return -tokens.Average(t => moved.Probabilities(t).Sum(XLogX));
            case "variance": return Experts * Experts * Variance(experts);
            case "clusters": return Experts * Experts * experts.Chunk(2).Average(Variance);
            case "apart":
                double[] masses = [.. experts.Chunk(3).Select(c => c.Average(Mean)).OrderDescending()];
                return Experts * Experts * experts.Chunk(3).Average(Variance) / Math.Exp(masses[0] - masses[1]);
            case "importance":
                double[] sums = [.. experts.Select(MeanWeight)];
                return sums.Sum(s => (s - sums.Average()) * (s - sums.Average())) / (Experts - 1) / sums.Average() / sums.Average();
            case "relu":
                return experts.Sum(e => (double)Experts / Chosen * still.Logits.Average(z => z[e] > 0 ? 1 : 0) * moved.Logits.Average(z => Math.Max(0, z[e])));
            default: throw new ArgumentException(name);
        }
    }

    static double XLogX(double x) => x == 0 ? 0 : x * Math.Log(x);

    public static TheoryData<string, RouterAffinity> Cases()
    {
        var cases = new TheoryData<string, RouterAffinity>();
        foreach (var affinity in new[] { RouterAffinity.SoftmaxBeforeSelection, RouterAffinity.Sigmoid, RouterAffinity.Relu })
            foreach (var name in new[] { "share", "first", "tokens", "group", "soft", "z", "mutual", "entropy", "variance", "clusters", "apart", "importance", "relu" })
                cases.Add(name, affinity);
        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Value_and_gradient_are_those_of_the_formula(string name, RouterAffinity affinity)
    {
        const float Coefficient = 0.7f;
        const double Step = 1e-6;
        var spec = Spec with { Affinity = affinity };
        var (table, moved) = (TokenTable.Random(spec, Tokens, 8), TokenTable.Random(spec, Tokens, 8));
        var objective = Objective(name);
        Assert.Equal(Formula(name, table, table), table.Value(objective), 1e-5);

        var slopes = table.Slopes(objective, Coefficient);
        for (var t = 0; t < Tokens; t++)
        {
            var (dLogits, dWeights) = (new double[Experts], new float[Chosen]);
            (objective as ILogitObjective)?.AddToLogits(table.Token(t), slopes, dLogits);
            (objective as IWeightObjective)?.AddToWeights(table.Token(t), slopes, dWeights);
            for (var e = 0; e < Experts; e++)
            {
                var z = table.Logits[t][e];
                double[] WeightsAt(double step)
                {
                    moved.Logits[t][e] = z + step;
                    return moved.Weights(t);
                }
                double At(double step)
                {
                    moved.Logits[t][e] = z + step;
                    return Formula(name, moved, table);
                }
                var expected = Coefficient * (At(Step) - At(-Step)) / (2 * Step);
                var through = WeightsAt(Step).Zip(WeightsAt(-Step), (a, b) => (a - b) / (2 * Step)).Zip(dWeights, (slope, dw) => slope * dw).Sum();
                moved.Logits[t][e] = z;
                Assert.Equal(expected, dLogits[e] + through, 3e-5);
            }
        }
    }

    [Theory]
    [InlineData("share", 1)]
    [InlineData("first", 1)]
    [InlineData("tokens", Chosen)]
    [InlineData("group", 1)]
    [InlineData("soft", 1)]
    [InlineData("mutual", 0)]
    [InlineData("variance", 0)]
    [InlineData("clusters", 0)]
    [InlineData("apart", 0)]
    [InlineData("importance", 0)]
    public void Uniform_routing(string name, double expected)
    {
        // Every expert first once and second once, with equal probabilities.
        var table = new TokenTable(Spec, [.. Enumerable.Range(0, Experts).Select(_ => new double[Experts])]);
        for (var t = 0; t < Experts; t++) (table.Chosen[t][0], table.Chosen[t][1]) = (t, (t + 1) % Experts);
        var value = table.Value(Objective(name));
        if (name is "importance" or "load") Assert.Equal(0, value);
        else Assert.Equal(expected, value, 1e-6);
    }

    [Fact]
    public void Equal_loads_and_probabilities_have_no_variation_to_the_bit()
    {
        var table = new TokenTable(Spec with { Experts = 4 }, [.. Enumerable.Range(0, 4).Select(_ => new double[4])]);
        for (var t = 0; t < 4; t++) (table.Chosen[t][0], table.Chosen[t][1]) = (t, (t + 1) % 4);
        foreach (var objective in new IBalanceObjective[] { new ImportanceVariation(), new LoadVariation(), new ClusterVariance(VarianceForm.All), new ClusterVariance(VarianceForm.Apart, 2) })
        {
            Assert.Equal(0, table.Value(objective));
            Assert.All(table.Slopes(objective, 1)[..4], slope => Assert.Equal(0, slope));
        }
    }

    [Fact]
    public void Z_loss_is_zero_where_logsumexp_is()
    {
        var table = new TokenTable(Spec with { Experts = 4 }, [[.. Enumerable.Repeat(-Math.Log(4), 4)]]);
        Assert.Equal(0, table.Value(new ZLoss()), 1e-12);
        Assert.Equal(5.9545, new TokenTable(Spec with { Experts = 4 }, [[2, 1, 0, -1]]).Value(new ZLoss()), 1e-4);
    }

    [Fact]
    public void Mutual_information_is_lowest_where_tokens_are_certain_and_experts_alike()
    {
        TokenTable Certain(params int[] experts) => new(Spec with { Experts = 4, Chosen = 1 },
            [.. experts.Select(e => Enumerable.Range(0, 4).Select(i => i == e ? 60.0 : 0).ToArray())]);
        Assert.Equal(-Math.Log(4), Certain(0, 1, 2, 3).Value(new MutualInformation()), 1e-6);
        Assert.Equal(-Math.Log(2), Certain(0, 1, 1, 0).Value(new MutualInformation()), 1e-6);
        Assert.Equal(0, Certain(2, 2, 2, 2).Value(new MutualInformation()), 1e-6);
    }

    [Fact]
    public void Gating_entropy_is_between_certainty_and_chance()
    {
        Assert.Equal(0, new TokenTable(Spec with { Experts = 4, Chosen = 1 }, [[60, 0, 0, 0], [0, 0, 60, 0]]).Value(new GatingEntropy()), 1e-6);
        Assert.Equal(Math.Log(4), new TokenTable(Spec with { Experts = 4, Chosen = 1 }, [[2, 2, 2, 2]]).Value(new GatingEntropy()), 1e-6);
        // Whatever the other tokens do: the probabilities of one that is certain are not moved by it.
        Assert.Equal(Math.Log(2) / 2, new TokenTable(Spec with { Experts = 4, Chosen = 1 }, [[60, 0, 0, 0], [60, 60, 0, 0]]).Value(new GatingEntropy()), 1e-6);
    }

    [Fact]
    public void A_group_balance_asks_nothing_within_a_group()
    {
        var table = TokenTable.Random(Spec with { Experts = 4, Chosen = 1 }, 2, 1);
        (table.Chosen[0][0], table.Chosen[1][0]) = (0, 2);
        var slopes = table.Slopes(new GroupBalance(2), 1);
        Assert.Equal([0.25, 0.25, 0.25, 0.25], slopes[..4]);
        Assert.Equal([0.5, 0, 0.5, 0], table.Slopes(new LoadBalance(), 1)[..4]);
    }
}

using Moesaic.Methods.Competition;

namespace Moesaic.Methods.Tests.Competition;

public class ExpertLossTests
{
    static readonly double[] Logits = [0.4, -0.3, 1.1], Target = [1, 0];
    static readonly double[] Outputs = [0.8, 0.3, -0.2, 0.9, 1.4, -0.6];

    public static TheoryData<ExpertObjective> Objectives => [.. Enum.GetValues<ExpertObjective>()];

    [Theory]
    [MemberData(nameof(Objectives))]
    public void Gradients_are_those_of_finite_differences(ExpertObjective objective)
    {
        Loss(objective, Logits, Outputs, out var dz, out var dO);
        for (var i = 0; i < Logits.Length; i++)
            Assert.Equal(LikelihoodMixtureTests.Slope(i, Logits, z => Loss(objective, z, Outputs, out _, out _)), dz[i], 8);
        for (var i = 0; i < Outputs.Length; i++)
            Assert.Equal(LikelihoodMixtureTests.Slope(i, Outputs, o => Loss(objective, Logits, o, out _, out _)), dO[i], 8);
    }

    [Theory]
    [MemberData(nameof(Objectives))]
    public void With_one_expert_all_are_the_squared_error(ExpertObjective objective)
    {
        Assert.Equal(0.5 * ((0.2 * 0.2) + (0.3 * 0.3)), Loss(objective, [3], [0.8, 0.3], out var dz, out var dO), 12);
        Assert.Equal(0, dz[0], 12);
        Assert.Equal(-0.2, dO[0], 12);
        Assert.Equal(0.3, dO[1], 12);
    }

    [Fact]
    public void The_nearest_expert_is_pulled_more_than_its_gate_says_and_the_others_less()
    {
        // Equal gates; the first expert is exact but for 0.1, the second is off by 2.
        Loss(ExpertObjective.Gaussian, [0, 0], [0.9, 0, -1, 0], out _, out var gaussian);
        Loss(ExpertObjective.Weighted, [0, 0], [0.9, 0, -1, 0], out _, out var weighted);
        Assert.True(Math.Abs(gaussian[0]) > Math.Abs(weighted[0]));
        Assert.True(Math.Abs(gaussian[2]) < Math.Abs(weighted[2]));
    }

    static double Loss(ExpertObjective objective, double[] logits, double[] outputs, out double[] dz, out double[] dO)
    {
        (dz, dO) = (new double[logits.Length], new double[outputs.Length]);
        return ExpertLoss.Of(objective, logits, outputs, Target, dz, dO);
    }
}

using Moesaic.Methods.Competition;
using Moesaic.Methods.Competition.Nets;
using Moesaic.Models.Experts;

namespace Moesaic.Methods.Tests.Competition;

/// <summary>Every net of the experiment by finite differences.</summary>
public class VowelNetTests
{
    static readonly Vowel Case = new([0.7, -1.3], [0, 0, 1]);

    public static TheoryData<string> Nets => ["single", "gaussian", "weighted", "cooperative", "deep"];

    static IVowelNet Make(string name) => name switch
    {
        "single" => new SingleNet(2, 5, 3),
        "deep" => new DeepExperts(2, 3, 4, 3),
        _ => new CompetingExperts(2, 4, 3, Enum.Parse<ExpertObjective>(name, ignoreCase: true)),
    };

    [Theory]
    [MemberData(nameof(Nets))]
    public void Its_gradient_is_that_of_finite_differences(string name)
    {
        var net = Make(name);
        var drawn = new float[net.Parameters];
        new NoiseDraw(3, 0, 0).Fill(0, 0, drawn);
        double[] parameters = [.. drawn.Select(w => (double)w)], gradient = new double[net.Parameters];
        net.Learn(parameters, Case, gradient);
        Assert.Contains(gradient, g => Math.Abs(g) > 1e-3);
        for (var i = 0; i < parameters.Length; i++)
            Assert.Equal(LikelihoodMixtureTests.Slope(i, parameters, w => net.Learn(w, Case, new double[w.Length])), gradient[i], 7);
    }

    [Fact]
    public void The_output_of_experts_is_their_mean_by_the_gate()
    {
        var net = new CompetingExperts(2, 2, 1, ExpertObjective.Gaussian);
        // Gate logits 0 and ln 3, experts logistic(0) and logistic(ln 4): 1/4 · 1/2 + 3/4 · 4/5.
        double[] parameters = [0, 0, 0, 0, 0, Math.Log(3), 0, 0, 0, 0, 0, Math.Log(4)];
        net.Learn(parameters, new Vowel([1, 1], [1]), new double[12]);
        Assert.Equal(0.725, net.Output[0], 12);
    }
}

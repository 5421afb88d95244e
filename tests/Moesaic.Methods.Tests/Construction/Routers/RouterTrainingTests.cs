using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Routers;
using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Methods.Tests.Construction.Routers;

public sealed class RouterTrainingTests
{
    const int Tokens = 800, Width = 10, Experts = 4, Chosen = 2;

    static Tensor Numbers(int rows, int columns, int seed, double deviation = 1)
    {
        var tensor = new Tensor(rows, columns);
        ModelInitialiser.FillNormal(tensor.Span, new Random(seed), deviation);
        return tensor;
    }

    // Energies that a linear function of the token orders.
    static (Tensor Inputs, Tensor Energies) Data()
    {
        Tensor inputs = Numbers(Tokens, Width, 1, 3), truth = Numbers(Experts, Width, 2), energies = new(Tokens, Experts);
        for (var n = 0; n < Tokens; n++)
            for (var e = 0; e < Experts; e++)
                for (var d = 0; d < Width; d++) energies.Row(n)[e] += inputs.Row(n)[d] * truth.Row(e)[d] / 5;
        return (inputs, energies);
    }

    static (double Accuracy, float[] Weights) Train(RouterScore kind, RouterTarget target, int epochs = 30)
    {
        var (inputs, energies) = Data();
        var router = new RouterSpec { Experts = Experts, Chosen = Chosen, Score = kind };
        Tensor[] matrices = [.. RouterScores.Shapes(router, Width).Select((m, i) => Numbers(m.Rows, m.Columns, 5 + i, 0.3))];
        var accuracy = RouterTraining.Train(RouterScores.Of(router, matrices), inputs, energies, Chosen,
            new RouterTrainingOptions { Target = target, Epochs = epochs, Batch = 64 }, seed: 3);
        return (accuracy, [.. matrices.SelectMany(m => m.Span.ToArray())]);
    }

    [Theory]
    [InlineData(RouterScore.Linear, RouterTarget.TopK, 0.95)]
    [InlineData(RouterScore.Linear, RouterTarget.Softmax, 0.95)]
    [InlineData(RouterScore.Mlp, RouterTarget.TopK, 0.8)]
    [InlineData(RouterScore.Mlp, RouterTarget.Softmax, 0.8)]
    public void It_learns_who_has_the_most_energy_and_always_the_same(RouterScore kind, RouterTarget target, double least)
    {
        var (accuracy, weights) = Train(kind, target);
        Assert.InRange(accuracy, least, 1);
        Assert.True(accuracy > Train(kind, target, epochs: 1).Accuracy);
        Assert.Equal(weights, Train(kind, target).Weights);
    }

    [Fact]
    public void The_weights_kept_are_those_of_the_accuracy_told()
    {
        var (accuracy, weights) = Train(RouterScore.Linear, RouterTarget.TopK);
        var (inputs, energies) = Data();
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var logits = workspace.Linear(inputs, new Tensor(Experts, Width, weights));
        int hits = 0, held = 0;
        for (var n = 0; n < Tokens; n += 8, held++)
            hits += Best(logits.Row(n)).Intersect(Best(energies.Row(n))).Count();
        Assert.Equal(accuracy, (double)hits / (held * Chosen), 1e-2);

        static int[] Best(ReadOnlySpan<float> scores)
        {
            var best = new int[Chosen];
            Selection.TopK(scores, best);
            return best;
        }
    }

    [Theory]
    [InlineData(RouterTarget.TopK)]
    [InlineData(RouterTarget.Softmax)]
    public void The_gradients_are_those_of_the_losses(RouterTarget target)
    {
        double[] z = [0.3, -1.2, 0.8, 2], a = [1, 3, 0.5, 2];
        var gradient = new float[4];
        RouterTraining.AddGradient(target, [.. z.Select(v => (float)v)], [.. a.Select(v => (float)v)], 2, gradient, 0.5f);
        for (var e = 0; e < 4; e++)
        {
            double At(double step)
            {
                double[] moved = [.. z];
                moved[e] += step;
                if (target == RouterTarget.TopK)
                    return 0.5 * moved.Select((v, i) => Math.Log(1 + Math.Exp(v)) - (i is 1 or 3 ? v : 0)).Average();
                double[] p = Softmax(a), q = Softmax(moved);
                return 0.5 * p.Zip(q, (x, y) => x * Math.Log(x / y)).Sum();
            }
            Assert.Equal((At(1e-6) - At(-1e-6)) / 2e-6, gradient[e], 1e-6);
        }

        static double[] Softmax(double[] v) => [.. v.Select(x => Math.Exp(x) / v.Sum(Math.Exp))];
    }
}

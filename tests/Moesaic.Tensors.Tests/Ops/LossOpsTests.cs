namespace Moesaic.Tensors.Tests.Ops;

public class LossOpsTests
{
    static readonly int[] targets = [3, -1, 0, 6];
    static readonly float[] weights = [0.5f, 0.5f, 1, 0.25f];

    [Fact]
    public void Gradients_of_the_weighted_loss()
    {
        Tensor x = Numbers.Parameter(4, 5, 1), w = Numbers.Parameter(5, 5, 2), head = Numbers.Parameter(7, 5, 3);
        GradientCheck.Check([x, w, head], (workspace, _) => Weighted(workspace.CrossEntropy(workspace.Linear(x, w), head, targets, weights)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Gradients_with_one_side_frozen(bool headFrozen)
    {
        Tensor x = Numbers.Parameter(4, 5, 1), head = Numbers.Parameter(7, 5, 3);
        (headFrozen ? head : x).NeedsGradient = false;
        GradientCheck.Check([x, head], (workspace, _) => Weighted(workspace.CrossEntropy(x, head, targets, weights)));
    }

    [Fact]
    public void The_loss_is_minus_the_logarithm_of_the_probability()
    {
        Tensor x = Numbers.Matrix(4, 5, 1), head = Numbers.Matrix(7, 5, 3);
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var losses = workspace.CrossEntropy(x, head, targets, []);
        var logits = workspace.Linear(x, head);
        for (var t = 0; t < 4; t++)
        {
            var sum = logits.Row(t).ToArray().Sum(z => Math.Exp(z));
            Assert.Equal(targets[t] < 0 ? 0 : Math.Log(sum) - logits.Row(t)[targets[t]], losses.Span[t], 1e-5);
        }
    }

    [Fact]
    public void A_head_that_is_also_the_embedding_gets_both_gradients()
    {
        var table = Numbers.Parameter(7, 5, 1);
        GradientCheck.Check([table], (workspace, _) =>
            Weighted(workspace.CrossEntropy(workspace.Embed(table, new[] { 1, 2, 3, 1 }), table, targets, weights)));
    }

    static double Weighted(Tensor losses)
    {
        double sum = 0;
        for (var t = 0; t < weights.Length; t++) sum += (double)weights[t] * losses.Span[t];
        return sum;
    }
}

namespace Moesaic.Tensors.Tests.Ops;

public class MixOpsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_two_halves_and_their_shares(bool temporary) => GradientCheck.Run(
        (w, i) => w.MixRows(i[0], i[1], i[2]), temporary, Numbers.Parameter(4, 2, 1), Numbers.Parameter(4, 5, 2), Numbers.Parameter(4, 5, 3));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_is_frozen_gets_no_gradient(int frozen)
    {
        Tensor[] inputs = [Numbers.Parameter(4, 2, 1), Numbers.Parameter(4, 5, 2), Numbers.Parameter(4, 5, 3)];
        inputs[frozen].NeedsGradient = false;
        GradientCheck.Run((w, i) => w.MixRows(i[0], i[1], i[2]), temporary: false, inputs);
    }

    [Fact]
    public void Equal_logits_are_the_mean_and_far_ones_one_half()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var y = workspace.MixRows(new Tensor(2, 2, [3, 3, 90, -90]), new Tensor(2, 1, [1, 5]), new Tensor(2, 1, [2, 7]));
        Assert.Equal([1.5f, 5], y.Span.ToArray());
    }
}

namespace Moesaic.Tensors.Tests.Ops;

public class GateOpsTests
{
    [Fact]
    public void The_logistic_function_does_not_overflow()
    {
        Assert.Equal([0, 0.5f, 1], [GateOps.Sigmoid(-1000), GateOps.Sigmoid(0), GateOps.Sigmoid(1000)]);
        Assert.Equal(0.880797f, GateOps.Sigmoid(2), 1e-6f);
        Assert.Equal(1 - 0.880797f, GateOps.Sigmoid(-2), 1e-6f);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_gated_rows(bool temporary) =>
        GradientCheck.Run((w, i) => w.GateRows(i[0], i[1]), temporary, Numbers.Parameter(4, 6, 1), Numbers.Parameter(4, 1, 2));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_tanh(bool temporary) => GradientCheck.Run((w, i) => w.Tanh(i[0]), temporary, Numbers.Parameter(4, 6, 1));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_magnitudes(bool temporary) => GradientCheck.Run((w, i) => w.Abs(i[0]), temporary, Numbers.Parameter(4, 6, 1));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Gated_rows_with_one_input_frozen(int frozen)
    {
        Tensor[] inputs = [Numbers.Parameter(4, 6, 1), Numbers.Parameter(4, 1, 2)];
        inputs[frozen].NeedsGradient = false;
        GradientCheck.Run((w, i) => w.GateRows(i[0], i[1]), temporary: true, inputs);
    }
}

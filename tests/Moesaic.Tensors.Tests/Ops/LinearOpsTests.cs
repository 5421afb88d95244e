namespace Moesaic.Tensors.Tests.Ops;

public class LinearOpsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_a_product_with_bias(bool temporary) => GradientCheck.Run(
        (w, i) => w.Linear(i[0], i[1], i[2]), temporary,
        Numbers.Parameter(5, 7, 1), Numbers.Parameter(6, 7, 2), Numbers.Parameter(1, 6, 3));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void What_is_frozen_gets_no_gradient_and_the_rest_its_own(int frozen)
    {
        Tensor[] inputs = [Numbers.Parameter(5, 7, 1), Numbers.Parameter(6, 7, 2), Numbers.Parameter(1, 6, 3)];
        inputs[frozen].NeedsGradient = false;
        GradientCheck.Run((w, i) => w.Linear(i[0], i[1], i[2]), temporary: false, inputs);
    }

    [Fact]
    public void Nothing_is_recorded_when_all_is_frozen()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var y = workspace.Linear(Numbers.Matrix(2, 3, 1), Numbers.Matrix(4, 3, 2));
        Assert.False(y.NeedsGradient);
        workspace.Backward();
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_named()
    {
        using var workspace = new Workspace();
        Assert.Contains("2x3", Assert.Throws<ArgumentException>(
            () => workspace.Linear(Numbers.Matrix(2, 3, 1), Numbers.Matrix(4, 5, 2))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_equal_experts_one_without_rows(bool temporary) => GradientCheck.Run(
        (w, i) => w.GroupedLinear(i[0], [0, 3, 3, 7], i[1..]), temporary,
        Numbers.Parameter(7, 5, 1), Numbers.Parameter(4, 5, 2), Numbers.Parameter(4, 5, 3), Numbers.Parameter(4, 5, 4));

    [Fact]
    public void Gradients_of_experts_one_of_them_frozen()
    {
        Tensor[] inputs = [Numbers.Parameter(7, 5, 1), Numbers.Parameter(4, 5, 2), Numbers.Matrix(4, 5, 3)];
        GradientCheck.Run((w, i) => w.GroupedLinear(i[0], [0, 3, 7], i[1..]), temporary: false, inputs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_uneven_experts_there_and_back(bool temporary) => GradientCheck.Run(
        (w, i) => w.GroupedLinear(w.GroupedLinear(i[0], [0, 3, 3, 7], i[1..4]), [0, 3, 3, 7], i[4..]), temporary,
        Numbers.Parameter(7, 5, 1),
        Numbers.Parameter(2, 5, 2), Numbers.Parameter(3, 5, 3), Numbers.Parameter(6, 5, 4),
        Numbers.Parameter(5, 2, 5), Numbers.Parameter(5, 3, 6), Numbers.Parameter(5, 6, 7));

    [Fact]
    public void A_grouped_product_is_one_product_per_expert()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var x = Numbers.Matrix(7, 5, 1);
        Tensor[] experts = [Numbers.Matrix(2, 5, 2), Numbers.Matrix(3, 5, 3), Numbers.Matrix(6, 5, 4)];
        var ragged = workspace.GroupedLinear(x, [0, 3, 3, 7], experts);
        var first = workspace.Linear(new Tensor(3, 5, x.Span[..15]), experts[0]);
        var last = workspace.Linear(new Tensor(4, 5, x.Span[15..]), experts[2]);
        Assert.Equal([.. first.Span, .. last.Span], ragged.Span.ToArray());
    }

    [Fact]
    public void An_expert_without_rows_has_a_gradient_of_zeros()
    {
        Tensor x = Numbers.Parameter(2, 3, 1), busy = Numbers.Parameter(4, 3, 2), idle = Numbers.Parameter(4, 3, 3);
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var y = workspace.GroupedLinear(x, [0, 2, 2], [busy, idle]);
        workspace.AddedGradient(y)!.Span.Fill(1);
        workspace.Backward();
        Assert.All(idle.Gradient!.Span.ToArray(), g => Assert.Equal(0, g));
        Assert.Contains(busy.Gradient!.Span.ToArray(), g => g != 0);
    }
}

namespace Moesaic.Tensors.Tests.Ops;

public class DispatchOpsTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_gathered_rows_add_up(bool temporary) => GradientCheck.Run(
        (w, i) => w.GatherRows(i[0], new[] { 2, 0, 2, 2 }), temporary, Numbers.Parameter(3, 4, 1));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_the_weighted_sum(bool temporary) => GradientCheck.Run(
        (w, i) => w.CombineRows(i[0], new[] { 3, 1, -1, 0, 2, -1 }, i[1]), temporary,
        Numbers.Parameter(4, 5, 1), Numbers.Parameter(3, 2, 2));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void The_weighted_sum_with_one_side_frozen(int frozen)
    {
        Tensor[] inputs = [Numbers.Parameter(4, 5, 1), Numbers.Parameter(3, 2, 2)];
        inputs[frozen].NeedsGradient = false;
        GradientCheck.Run((w, i) => w.CombineRows(i[0], new[] { 3, 1, -1, 0, 2, -1 }, i[1]), temporary: true, inputs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_rows_spread_over_wider_ones_and_collected(bool temporary)
    {
        var index = new[] { 5, 0, 3, 1 };
        GradientCheck.Run((w, i) => w.SpreadRows(i[0], index, 3, 2), temporary, Numbers.Parameter(4, 3, 1));
        GradientCheck.Run((w, i) => w.CollectRows(i[0], index, 2), temporary, Numbers.Parameter(3, 6, 1));
        // Two uses of the same rows add up.
        GradientCheck.Run((w, i) => w.Residual(w.SpreadRows(i[0], index, 3, 2), w.SpreadRows(i[0], new[] { 1, 2, 3, 4 }, 3, 2)), temporary,
            Numbers.Parameter(4, 3, 1));
    }

    [Fact]
    public void Spread_rows_lie_in_their_parts_and_come_back()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        workspace.Rent(3, 4).Span.Fill(9);
        workspace.Begin(recording: false);
        var rows = new Tensor(2, 2, [1, 2, 3, 4]);
        var wide = workspace.SpreadRows(rows, new[] { 5, 0 }, 3, 2);
        Assert.Equal([3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2], wide.Span.ToArray());
        Assert.Equal(rows.Span.ToArray(), workspace.CollectRows(wide, new[] { 5, 0 }, 2).Span.ToArray());
    }

    [Fact]
    public void Gradients_of_the_biases_of_experts_of_uneven_width()
    {
        int[] offsets = [0, 2, 2, 5];
        GradientCheck.Run((w, i) =>
        {
            var rows = w.GroupedLinear(i[0], offsets, [i[1], i[2], i[3]]);
            w.AddGroupedBias(rows, offsets, [i[4], i[5], i[6]]);
            return rows;
        }, temporary: false, Numbers.Parameter(5, 3, 1), Numbers.Parameter(4, 3, 2), Numbers.Parameter(2, 3, 3), Numbers.Parameter(3, 3, 4),
            Numbers.Parameter(1, 4, 5), Numbers.Parameter(1, 2, 6), Numbers.Parameter(1, 3, 7));
    }

    [Fact]
    public void A_bias_of_an_expert_goes_to_its_rows_alone()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var rows = workspace.RentZeroed(3, 2);
        workspace.AddGroupedBias(rows, [0, 1, 1, 3], [new Tensor(1, 2, [1, 2]), new Tensor(1, 2, [9, 9]), new Tensor(1, 2, [3, 4])]);
        Assert.Equal([1, 2, 3, 4, 3, 4], rows.Span.ToArray());
    }

    [Fact]
    public void A_token_without_slots_gets_zeros()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        workspace.Rent(2, 3).Span.Fill(9);      // what lies in the memory from before
        workspace.Begin(recording: false);
        var y = workspace.CombineRows(Numbers.Matrix(1, 3, 1), new[] { -1, 0 }, new Tensor(2, 1, [1, 2]));
        Assert.Equal([0, 0, 0], y.Row(0).ToArray());
    }
}

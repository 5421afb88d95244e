namespace Moesaic.Tensors.Tests.Ops;

public class HeadOpsTests
{
    [Fact]
    public void Columns_of_heads_stand_side_by_side_and_the_rest_is_zero()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var own = new Tensor(2, 6, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);        // two heads of three
        var shared = new Tensor(2, 4, [20, 21, 22, 23, 30, 31, 32, 33]);
        var joined = workspace.JoinHeads(2, 5, new(own, 3, 1, 2), new(shared, 4, 2, 2));
        Assert.Equal([2, 3, 22, 23, 0, 5, 6, 22, 23, 0, 8, 9, 32, 33, 0, 11, 12, 32, 33, 0], joined.Span.ToArray());
    }

    [Fact]
    public void Neighbouring_pairs_are_brought_to_halves()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var split = workspace.JoinHeads(1, 4, new(new Tensor(1, 5, [9, 0, 1, 2, 3]), 5, 1, 4, SplitPairs: true));
        Assert.Equal([0, 2, 1, 3], split.Span.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Gradients_of_joined_heads(bool temporary)
    {
        Tensor[] inputs = [Numbers.Parameter(3, 8, 1), Numbers.Parameter(3, 6, 2)];
        GradientCheck.Run((w, i) => w.JoinHeads(2, 9, new(i[0], 4, 1, 3), new(i[1], 6, 1, 4, SplitPairs: true)), temporary, inputs);
        inputs = [Numbers.Parameter(3, 8, 1), Numbers.Parameter(3, 6, 2)];
        inputs[0].NeedsGradient = false;
        GradientCheck.Run((w, i) => w.JoinHeads(2, 9, new(i[0], 4, 1, 3), new(i[1], 6, 1, 4, SplitPairs: true)), temporary, inputs);
    }

    [Fact]
    public void What_does_not_fit_is_refused()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var x = new Tensor(2, 8);
        Assert.Throws<ArgumentException>(() => workspace.JoinHeads(3, 8, new(x, 4, 0, 4)));
        Assert.Throws<ArgumentException>(() => workspace.JoinHeads(2, 3, new(x, 4, 0, 4)));
        Assert.Throws<ArgumentException>(() => workspace.JoinHeads(2, 4, new(x, 4, 1, 4)));
        Assert.Throws<ArgumentException>(() => workspace.JoinHeads(2, 4, new(x, 4, 0, 3, SplitPairs: true)));
        Assert.Throws<ArgumentException>(() => workspace.JoinHeads(2, 8, new(x, 4, 0, 4), new(new Tensor(3, 4), 4, 0, 4)));
    }
}

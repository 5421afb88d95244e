using Moesaic.Kernels;

namespace Moesaic.Tensors.Tests.Ops;

public class ActivationOpsTests
{
    [Theory]
    [InlineData(UngatedKind.SquaredRelu, false)]
    [InlineData(UngatedKind.SquaredRelu, true)]
    [InlineData(UngatedKind.Gelu, false)]
    [InlineData(UngatedKind.Gelu, true)]
    [InlineData(UngatedKind.GeluTanh, true)]
    public void Gradients_of_what_is_smooth(UngatedKind kind, bool temporary) =>
        GradientCheck.Run((w, i) => w.Activate(kind, i[0]), temporary, Positive());

    [Fact]
    public void Relu_hands_on_the_gradient_of_what_it_let_through()
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        var x = new Tensor(1, 4, [2, -2, 0, 0.5f]) { NeedsGradient = true };
        var y = workspace.Activate(UngatedKind.Relu, x);
        Assert.Equal([2, 0, 0, 0.5f], y.Span.ToArray());
        new[] { 3f, 4, 5, 6 }.CopyTo(workspace.WrittenGradient(y, out _)!.Span);
        workspace.Backward();
        Assert.Equal([3, 0, 0, 6], x.Gradient!.Span.ToArray());
    }

    // Away from 0, where the second derivative of squared ReLU jumps.
    static Tensor Positive()
    {
        var x = Numbers.Parameter(3, 5, 1);
        foreach (ref var value in x.Span) value = value < 0 ? value - 0.3f : value + 0.3f;
        return x;
    }
}

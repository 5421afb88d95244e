namespace Moesaic.Kernels.Tests;

public class CrossEntropyGradientTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void The_gradient_is_that_of_the_forward(double squareWeight)
    {
        const int width = 3, vocabulary = 7;
        int[] targets = [6, -1, 0, 3];
        double[] hidden = FiniteDifferences.Numbers(targets.Length * width, 1), head = FiniteDifferences.Numbers(vocabulary * width, 2);
        double[] weights = [0.5, 9, 0, -2], losses = new double[4], squares = new double[4], dHidden = new double[hidden.Length], dHead = new double[head.Length];
        CrossEntropyReference.ForwardBackward<double>(hidden, head, targets, weights, losses, dHidden, dHead, squareWeight, squares);
        Assert.Equal((0, 0), (losses[1], squares[1]));
        double Loss()
        {
            CrossEntropyReference.ForwardBackward<double>(hidden, head, targets, [], losses, [], [], 0, squares);
            return FiniteDifferences.Weigh(losses, weights) + (squareWeight * FiniteDifferences.Weigh(squares, weights));
        }

        FiniteDifferences.Check("dHidden", hidden, dHidden, Loss);
        FiniteDifferences.Check("dHead", head, dHead, Loss);
    }
}

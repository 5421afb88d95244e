namespace Moesaic.Kernels.Tests;

public class CrossEntropyGradientTests
{
    [Fact]
    public void The_gradient_is_that_of_the_forward()
    {
        const int width = 3, vocabulary = 7;
        int[] targets = [6, -1, 0, 3];
        double[] hidden = FiniteDifferences.Numbers(targets.Length * width, 1), head = FiniteDifferences.Numbers(vocabulary * width, 2);
        double[] weights = [0.5, 9, 0, -2], losses = new double[4], dHidden = new double[hidden.Length], dHead = new double[head.Length];
        CrossEntropyReference.ForwardBackward<double>(hidden, head, targets, weights, losses, dHidden, dHead);
        Assert.Equal(0, losses[1]);
        double Loss()
        {
            CrossEntropyReference.Forward<double>(hidden, head, targets, losses);
            return FiniteDifferences.Weigh(losses, weights);
        }

        FiniteDifferences.Check("dHidden", hidden, dHidden, Loss);
        FiniteDifferences.Check("dHead", head, dHead, Loss);
    }
}

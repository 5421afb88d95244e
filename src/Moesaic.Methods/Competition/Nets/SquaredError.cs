namespace Moesaic.Methods.Competition.Nets;

/// <summary>½‖d − o‖².</summary>
static class SquaredError
{
    /// <summary>The loss; its gradient by o is filled in.</summary>
    public static double Of(ReadOnlySpan<double> output, ReadOnlySpan<double> target, Span<double> gradient)
    {
        double loss = 0;
        for (var i = 0; i < output.Length; i++)
        {
            gradient[i] = output[i] - target[i];
            loss += 0.5 * gradient[i] * gradient[i];
        }
        return loss;
    }
}

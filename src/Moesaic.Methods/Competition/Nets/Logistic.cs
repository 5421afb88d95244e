namespace Moesaic.Methods.Competition.Nets;

/// <summary>The logistic function in place.</summary>
static class Logistic
{
    public static void Forward(Span<double> values)
    {
        foreach (ref var value in values) value = 1 / (1 + Math.Exp(-value));
    }

    /// <summary>Turns the gradient by y into that by what y was computed from.</summary>
    public static void Backward(ReadOnlySpan<double> y, Span<double> gradient)
    {
        for (var i = 0; i < y.Length; i++) gradient[i] *= y[i] * (1 - y[i]);
    }
}

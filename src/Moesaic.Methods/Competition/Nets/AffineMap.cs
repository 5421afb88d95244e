namespace Moesaic.Methods.Competition.Nets;

/// <summary>y = W x + b, whose numbers lie in an array of parameters: W row by row, then b.</summary>
/// <param name="Offset">Where they begin.</param>
/// <param name="Inputs">Length of x.</param>
/// <param name="Outputs">Length of y.</param>
readonly record struct AffineMap(int Offset, int Inputs, int Outputs)
{
    /// <summary>Where the next parameters may begin.</summary>
    public int End => Offset + (Outputs * (Inputs + 1));

    public void Forward(ReadOnlySpan<double> parameters, ReadOnlySpan<double> x, Span<double> y)
    {
        var biases = Offset + (Outputs * Inputs);
        for (var o = 0; o < Outputs; o++)
        {
            var row = parameters.Slice(Offset + (o * Inputs), Inputs);
            y[o] = parameters[biases + o];
            for (var i = 0; i < Inputs; i++) y[o] += row[i] * x[i];
        }
    }

    /// <summary>Adds to the gradient of the parameters and, when it is asked for, of x.</summary>
    public void Backward(ReadOnlySpan<double> parameters, ReadOnlySpan<double> x, ReadOnlySpan<double> dy, Span<double> gradient, Span<double> dx)
    {
        var biases = Offset + (Outputs * Inputs);
        for (var o = 0; o < Outputs; o++)
        {
            var at = Offset + (o * Inputs);
            gradient[biases + o] += dy[o];
            for (var i = 0; i < Inputs; i++) gradient[at + i] += dy[o] * x[i];
            if (dx.IsEmpty) continue;
            for (var i = 0; i < Inputs; i++) dx[i] += dy[o] * parameters[at + i];
        }
    }
}

namespace Moesaic.Methods.Competition.Nets;

/// <summary>One net with a hidden layer, logistic throughout, that learns ½‖d − o‖²: what experts are compared with.</summary>
sealed class SingleNet : IVowelNet
{
    readonly AffineMap first, second;
    readonly double[] hidden, output, dHidden, dOutput;

    public SingleNet(int inputs, int width, int outputs)
    {
        first = new AffineMap(0, inputs, width);
        second = new AffineMap(first.End, width, outputs);
        (hidden, dHidden, output, dOutput) = (new double[width], new double[width], new double[outputs], new double[outputs]);
    }

    public int Parameters => second.End;

    public ReadOnlySpan<double> Output => output;

    public double Learn(ReadOnlySpan<double> parameters, Vowel vowel, Span<double> gradient)
    {
        first.Forward(parameters, vowel.Formants, hidden);
        Logistic.Forward(hidden);
        second.Forward(parameters, hidden, output);
        Logistic.Forward(output);

        var loss = SquaredError.Of(output, vowel.Target, dOutput);
        Logistic.Backward(output, dOutput);
        Array.Clear(dHidden);
        second.Backward(parameters, hidden, dOutput, gradient, dHidden);
        Logistic.Backward(hidden, dHidden);
        first.Backward(parameters, vowel.Formants, dHidden, gradient, []);
        return loss;
    }
}

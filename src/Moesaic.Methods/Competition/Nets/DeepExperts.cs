namespace Moesaic.Methods.Competition.Nets;

/// <summary>
/// Two gated layers one above the other, then the logistic function, learning ½‖d − o‖² (the deep mixture of Eigen, Ranzato and Sutskever
/// 2013, without their constraint on the experts' loads).
/// </summary>
sealed class DeepExperts : IVowelNet
{
    readonly GatedLayer first, second;
    readonly double[] output, dOutput, dHidden;

    public DeepExperts(int inputs, int count, int width, int outputs)
    {
        first = new GatedLayer(0, inputs, count, width, rectified: true);
        second = new GatedLayer(first.End, width, count, outputs, rectified: false);
        (output, dOutput, dHidden) = (new double[outputs], new double[outputs], new double[width]);
    }

    public int Parameters => second.End;

    public ReadOnlySpan<double> Output => output;

    public double Learn(ReadOnlySpan<double> parameters, Vowel vowel, Span<double> gradient)
    {
        var hidden = first.Forward(parameters, vowel.Formants);
        second.Forward(parameters, hidden).CopyTo(output, 0);
        Logistic.Forward(output);

        var loss = SquaredError.Of(output, vowel.Target, dOutput);
        Logistic.Backward(output, dOutput);
        Array.Clear(dHidden);
        second.Backward(parameters, hidden, dOutput, gradient, dHidden);
        first.Backward(parameters, vowel.Formants, dHidden, gradient, []);
        return loss;
    }
}

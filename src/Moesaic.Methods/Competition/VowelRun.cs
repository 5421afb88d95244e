using Moesaic.Methods.Competition.Nets;
using Moesaic.Models.Experts;

namespace Moesaic.Methods.Competition;

/// <summary>One net learning from one start by steepest descent, a step an epoch.</summary>
/// <param name="Epochs">Steps until the criterion held, or null when it never did.</param>
/// <param name="Correct">Share of the tested vowels whose class has the highest output.</param>
readonly record struct VowelRun(int? Epochs, double Correct)
{
    /// <summary>Standard deviation of the initial weights.</summary>
    const float Start = 0.3f;

    /// <summary>Trains a net.</summary>
    /// <param name="net">Of this run alone.</param>
    /// <param name="learned">Vowels of an epoch.</param>
    /// <param name="tested">Vowels of other speakers.</param>
    /// <param name="rate">Factor of the mean gradient.</param>
    /// <param name="run">Number of the start.</param>
    /// <param name="options">Criterion, limit, seed.</param>
    public static VowelRun Train(IVowelNet net, Vowel[] learned, Vowel[] tested, double rate, int run, VowelOptions options)
    {
        var drawn = new float[net.Parameters];
        new NoiseDraw(options.Seed, 1, 0).Fill(0, run, drawn);
        double[] parameters = [.. drawn.Select(w => (double)(Start * w))], gradient = new double[net.Parameters];
        for (var epoch = 0; epoch <= options.MostEpochs; epoch++)
        {
            Array.Clear(gradient);
            double error = 0;
            foreach (var vowel in learned)
            {
                net.Learn(parameters, vowel, gradient);
                error += SquaredError(net.Output, vowel.Target);
            }
            if (error / learned.Length <= options.Criterion) return new VowelRun(epoch, Tested(net, parameters, tested));
            for (var i = 0; i < parameters.Length; i++) parameters[i] -= rate / learned.Length * gradient[i];
        }
        return new VowelRun(null, Tested(net, parameters, tested));
    }

    static double SquaredError(ReadOnlySpan<double> output, double[] target)
    {
        double sum = 0;
        for (var i = 0; i < target.Length; i++) sum += (target[i] - output[i]) * (target[i] - output[i]);
        return sum;
    }

    static double Tested(IVowelNet net, double[] parameters, Vowel[] tested)
    {
        var unused = new double[parameters.Length];
        var correct = 0;
        foreach (var vowel in tested)
        {
            net.Learn(parameters, vowel, unused);
            var best = 0;
            for (var i = 1; i < net.Output.Length; i++) if (net.Output[i] > net.Output[best]) best = i;
            if (vowel.Target[best] == 1) correct++;
        }
        return (double)correct / tested.Length;
    }
}

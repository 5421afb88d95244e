namespace Moesaic.Kernels.Tests;

/// <summary>Central differences in float64, the oracle of every backward.</summary>
static class FiniteDifferences
{
    const double Step = 1e-5;
    const double Tolerance = 1e-7;

    /// <summary>Numbers between −1 and 1 of a fixed seed.</summary>
    internal static double[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() * 2 - 1)];
    }

    /// <summary>Σ output · weight: turns an output into one number whose gradient by the output is known.</summary>
    internal static double Weigh(double[] output, double[] weight) => output.Zip(weight, (a, b) => a * b).Sum();

    /// <summary>
    /// Moves each input by a little to and fro and compares the change of <paramref name="loss"/> with
    /// <paramref name="gradient"/>.
    /// </summary>
    internal static void Check(string name, double[] input, double[] gradient, Func<double> loss)
    {
        for (int i = 0; i < input.Length; i++)
        {
            double value = input[i];
            input[i] = value + Step;
            double above = loss();
            input[i] = value - Step;
            double below = loss();
            input[i] = value;
            double expected = (above - below) / (2 * Step);
            Assert.True(
                Math.Abs(expected - gradient[i]) <= Tolerance * (1 + Math.Abs(expected)),
                $"{name}[{i}]: gradient {gradient[i]:R}, by differences {expected:R}.");
        }
    }
}

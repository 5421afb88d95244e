namespace Moesaic.Models;

/// <summary>Random starting weights for training from scratch.</summary>
public static class ModelInitialiser
{
    /// <summary>
    /// Matrices normal with the given deviation (those that write to the residual stream divided by √(2L), as GPT-2 does),
    /// norms one, biases and the noise of routers zero, temperatures of cosines 0.07. The same seed gives the same weights everywhere.
    /// </summary>
    /// <param name="model">Overwritten.</param>
    /// <param name="seed">Any number.</param>
    /// <param name="deviation">Standard deviation. Default 0.02.</param>
    public static void Randomise(Model model, int seed, double deviation = 0.02)
    {
        var random = new Random(seed);
        var residual = deviation / Math.Sqrt(2.0 * model.Spec.Layers.Count);
        foreach (var parameter in model.Parameters)
        {
            var values = parameter.Value.Span;
            if (parameter.Name.EndsWith("gate.temperature", StringComparison.Ordinal)) values.Fill(Experts.CosineScore.Start);
            else if (parameter.IsVector) values.Fill(parameter.Role == ParameterRole.Norms ? 1f : 0f);
            else if (parameter.Name.EndsWith("weight_noise.weight", StringComparison.Ordinal)) values.Clear();
            else
            {
                var writesResidual = parameter.Name.EndsWith("o_proj.weight", StringComparison.Ordinal)
                    || parameter.Name.EndsWith("down_proj.weight", StringComparison.Ordinal);
                FillNormal(values, random, writesResidual ? residual : deviation);
            }
        }
    }

    /// <summary>Fills with independent normal numbers of mean 0 (Box and Muller).</summary>
    public static void FillNormal(Span<float> values, Random random, double deviation)
    {
        for (var i = 0; i < values.Length; i += 2)
        {
            var radius = deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            var (sin, cos) = Math.SinCos(2 * Math.PI * random.NextDouble());
            values[i] = (float)(radius * cos);
            if (i + 1 < values.Length) values[i + 1] = (float)(radius * sin);
        }
    }
}

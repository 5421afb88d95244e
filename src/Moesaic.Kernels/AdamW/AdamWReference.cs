using System.Numerics;

namespace Moesaic.Kernels;

/// <summary>The formula of <see cref="AdamW"/> as a plain loop.</summary>
static class AdamWReference
{
    internal static void Step<T>(
        Span<T> parameter, ReadOnlySpan<T> gradient, Span<T> m, Span<T> v, in AdamWStep step)
        where T : IFloatingPointIeee754<T>
    {
        T beta1 = T.CreateChecked(step.Beta1), beta2 = T.CreateChecked(step.Beta2);
        T rate = T.CreateChecked(step.LearningRate / (1 - Math.Pow(step.Beta1, step.Step)));
        T root = T.CreateChecked(Math.Sqrt(1 - Math.Pow(step.Beta2, step.Step)));
        T keep = T.CreateChecked(1 - (double)step.LearningRate * step.WeightDecay);
        T epsilon = T.CreateChecked(step.Epsilon), scale = T.CreateChecked(step.GradientScale);
        for (int i = 0; i < parameter.Length; i++)
        {
            T g = gradient[i] * scale;
            m[i] = beta1 * m[i] + (T.One - beta1) * g;
            v[i] = beta2 * v[i] + (T.One - beta2) * g * g;
            parameter[i] = parameter[i] * keep - rate * m[i] / (T.Sqrt(v[i]) / root + epsilon);
        }
    }
}

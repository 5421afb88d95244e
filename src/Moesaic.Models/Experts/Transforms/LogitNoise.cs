using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary><see cref="RouterNoise.Normal"/> and <see cref="RouterNoise.Gumbel"/>: noise that nothing is learned of.</summary>
static class LogitNoise
{
    /// <summary>z + ε, with gradient.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="spec">Which noise.</param>
    /// <param name="draw">Where ε comes from.</param>
    /// <param name="stream">The router's own numbers.</param>
    public static Tensor Add(Workspace workspace, Tensor logits, RouterSpec spec, NoiseDraw draw, int stream)
    {
        var noisy = workspace.Rent(logits.Rows, logits.Columns);
        var numbers = new double[logits.Columns];
        for (var t = 0; t < logits.Rows; t++)
        {
            Span<float> z_E = logits.Row(t), y_E = noisy.Row(t);
            if (spec.Noise == RouterNoise.Normal)
            {
                draw.Fill(stream, t, y_E);
                for (var e = 0; e < y_E.Length; e++) y_E[e] = z_E[e] + (spec.NoiseDeviation * y_E[e]);
                continue;
            }
            draw.Uniform(NoiseUse.Gumbel, stream, t, numbers);
            // 1 − u is in (0, 1]; at 1 the noise would be +∞.
            for (var e = 0; e < y_E.Length; e++) y_E[e] = (float)(z_E[e] - Math.Log(-Math.Log(Math.Min(1 - numbers[e], 1 - 1e-16))));
        }
        if (workspace.Recording && logits.NeedsGradient)
            Record(workspace, logits, noisy);
        return noisy;
    }

    static void Record(Workspace workspace, Tensor logits, Tensor noisy) => workspace.Record(noisy, () =>
        Elementwise.Add(workspace.AddedGradient(logits)!.Span, noisy.Gradient!.Span));
}

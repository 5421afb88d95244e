using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>Logits with noise, and what it was made of.</summary>
/// <param name="Logits">[T, E], noise added.</param>
/// <param name="Clean">[T, E], without.</param>
/// <param name="Raw">[T, E], x W_noiseᵀ.</param>
/// <param name="Deviations">[T, E], softplus(raw) + 0.01.</param>
public readonly record struct NoisyLogits(Tensor Logits, Tensor Clean, Tensor Raw, Tensor Deviations);

/// <summary>
/// z + ε (softplus(x W_noiseᵀ) + 0.01), ε normal (Shazeer et al. 2017, eq. 4; LLaMA-MoE v1). With W_noise = 0, as it starts, the
/// deviation is ln 2 + 0.01.
/// </summary>
/// <param name="weight">W_noise, [E, D].</param>
/// <param name="layer">Number of the layer, or another number for a router that is not the only one of its layer.</param>
public sealed class LearnedNoise(WeightMatrix weight, int layer)
{
    /// <summary>What the deviation never falls below.</summary>
    public const float Floor = 0.01f;

    /// <summary>W_noise, [E, D].</summary>
    public WeightMatrix Weight { get; } = weight;

    /// <summary>Adds noise to logits, with gradient.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D].</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="draw">Where ε comes from.</param>
    public NoisyLogits Add(Workspace workspace, Tensor x, Tensor logits, NoiseDraw draw)
    {
        var raw = workspace.Linear(x, Weight);
        var (noisy, normals, deviations) = (workspace.Rent(raw.Rows, raw.Columns), workspace.Rent(raw.Rows, raw.Columns),
            workspace.Rent(raw.Rows, raw.Columns));
        for (var t = 0; t < raw.Rows; t++) draw.Fill(layer, t, normals.Row(t));
        for (var i = 0; i < raw.Count; i++)
        {
            deviations.Span[i] = SoftPlus(raw.Span[i]) + Floor;
            noisy.Span[i] = logits.Span[i] + (normals.Span[i] * deviations.Span[i]);
        }
        if (workspace.Recording && (logits.NeedsGradient || raw.NeedsGradient)) Record(workspace, logits, raw, normals, noisy);
        return new NoisyLogits(noisy, logits, raw, deviations);
    }

    static void Record(Workspace workspace, Tensor logits, Tensor raw, Tensor normals, Tensor noisy) => workspace.Record(noisy, () =>
    {
        ReadOnlySpan<float> dNoisy = noisy.Gradient!.Span;
        if (workspace.AddedGradient(logits) is { } dLogits)
            for (var i = 0; i < dNoisy.Length; i++) dLogits.Span[i] += dNoisy[i];
        // The derivative of softplus is the logistic function.
        if (workspace.AddedGradient(raw) is { } dRaw)
            for (var i = 0; i < dNoisy.Length; i++) dRaw.Span[i] += dNoisy[i] * normals.Span[i] * GateOps.Sigmoid(raw.Span[i]);
    });

    static float SoftPlus(float z) => MathF.Max(z, 0) + (float)Math.Log(1 + Math.Exp(-Math.Abs((double)z)));
}

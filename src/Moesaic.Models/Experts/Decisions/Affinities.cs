using Moesaic.Kernels;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Experts;

/// <summary>Slot 4: from logits to affinities and back.</summary>
/// <param name="Values">[T, E] affinities.</param>
/// <param name="Probabilities">[T, E], summing to 1: the same for softmax; where ReLU leaves nothing, 1/E.</param>
/// <param name="LogSumExp">[1, T] of the logits.</param>
readonly record struct Affinities(Tensor Values, Tensor Probabilities, Tensor LogSumExp)
{
    /// <summary>[T, scores] softmax before <see cref="RouterSpec.Map"/>, or null without one.</summary>
    public Tensor? Unmapped { get; init; }

    public static Affinities Of(Workspace workspace, RouterSpec spec, Tensor logits)
    {
        var plain = Of(workspace, spec.Affinity, logits);
        if (spec.Map is not { } map) return plain;
        Tensor values = workspace.Rent(logits.Rows, map.Rows), probabilities = workspace.Rent(logits.Rows, map.Rows);
        for (var t = 0; t < logits.Rows; t++)
        {
            MappedProbabilities.Apply(map, plain.Values.Row(t), values.Row(t));
            MappedProbabilities.Normalise(values.Row(t), probabilities.Row(t));
        }
        return new Affinities(values, probabilities, plain.LogSumExp) { Unmapped = plain.Values };
    }

    static Affinities Of(Workspace workspace, RouterAffinity kind, Tensor logits)
    {
        Tensor values = workspace.Rent(logits.Rows, logits.Columns), logSumExp = workspace.Rent(1, logits.Rows);
        Softmax.Rows(logits.Span, logits.Columns, values.Span);
        var simple = kind is RouterAffinity.SoftmaxBeforeSelection or RouterAffinity.SoftmaxAfterSelection;
        var probabilities = simple ? values : workspace.Rent(logits.Rows, logits.Columns);
        TokenTeam.Run(new Activate(kind, logits, values, probabilities, logSumExp), logits.Rows);
        return new Affinities(values, probabilities, logSumExp);
    }

    readonly record struct Activate(RouterAffinity Kind, Tensor Logits, Tensor Values, Tensor Probabilities, Tensor LogSumExp) : ITokenWork
    {
        public void Run(int first, int end)
        {
            for (var t = first; t < end; t++)
            {
                Span<float> z_E = Logits.Row(t), a_E = Values.Row(t), p_E = Probabilities.Row(t);
                // The largest probability is at least 1/E, so its logarithm is exact enough to recover logsumexp.
                var best = TensorPrimitives.IndexOfMax<float>(z_E);
                LogSumExp.Span[t] = z_E[best] - MathF.Log(a_E[best]);
                if (ReferenceEquals(Values, Probabilities)) continue;
                for (var e = 0; e < a_E.Length; e++) a_E[e] = Kind == RouterAffinity.Sigmoid ? GateOps.Sigmoid(z_E[e]) : MathF.Max(0, z_E[e]);
                var sum = TensorPrimitives.Sum<float>(a_E);
                if (sum > 0) TensorPrimitives.Divide(a_E, sum, p_E);
                else p_E.Fill(1f / p_E.Length);
            }
        }
    }

    /// <summary>Adds what goes on to a token's logits from a gradient of its affinities.</summary>
    /// <param name="spec">Kind of the affinities, map.</param>
    /// <param name="token">Its row.</param>
    /// <param name="da_E">E gradients.</param>
    /// <param name="dz_E">A gradient for each score, added to.</param>
    public void AddGradient(RouterSpec spec, int token, ReadOnlySpan<double> da_E, Span<float> dz_E)
    {
        var kind = spec.Affinity;
        var a_E = (Unmapped ?? Values).Row(token);
        if (spec.Map is { } map) da_E = MappedProbabilities.Back(map, da_E);
        double inner = 0;
        if (kind is RouterAffinity.SoftmaxBeforeSelection or RouterAffinity.SoftmaxAfterSelection)
            for (var e = 0; e < a_E.Length; e++) inner += a_E[e] * da_E[e];
        for (var e = 0; e < a_E.Length; e++)
            dz_E[e] += (float)(kind switch
            {
                RouterAffinity.Relu => a_E[e] > 0 ? da_E[e] : 0,
                RouterAffinity.Sigmoid => a_E[e] * (1 - a_E[e]) * da_E[e],
                _ => a_E[e] * (da_E[e] - inner),
            });
    }
}

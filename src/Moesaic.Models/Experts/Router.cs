using System.Runtime.InteropServices;
using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Experts;

/// <summary>Who is chosen: scores, selection and combine weights for each token, with their gradient.</summary>
/// <param name="spec">The pipeline.</param>
/// <param name="score">Slot 2, with its weights.</param>
/// <param name="selectionBias">[1, E], with <see cref="RouterSpec.SelectionBias"/>; otherwise null.</param>
/// <param name="gain">[1, E], with <see cref="CombineWeight.One"/>; otherwise null.</param>
/// <param name="noise">Slot 3, with its weights; null without <see cref="RouterSpec.Noise"/>.</param>
public sealed class Router(RouterSpec spec, IRouterScore score, Tensor? selectionBias = null, Tensor? gain = null, LearnedNoise? noise = null)
{
    /// <summary>A router whose score is linear.</summary>
    /// <param name="spec">The pipeline.</param>
    /// <param name="weight">[E, D].</param>
    /// <param name="selectionBias">[1, E], with <see cref="RouterSpec.SelectionBias"/>; otherwise null.</param>
    public Router(RouterSpec spec, WeightMatrix weight, Tensor? selectionBias = null) : this(spec, new LinearScore(weight), selectionBias)
    {
    }

    /// <summary>The pipeline.</summary>
    public RouterSpec Spec { get; } = spec is { Key: RouterKey.Token, Norm: null, Temperature: 1, Noise: RouterNoise.None or RouterNoise.Learned,
        Affinity: not RouterAffinity.Relu, Selection.Kind: SelectionKind.TopK, Groups: null or { PerGroup: 0, Score: not GroupScore.Own },
        PassThrough: false, Capacity: null, Training: null } ? spec : throw new BadModelException($"a router of these settings cannot run yet: {spec}");

    /// <summary>Slot 2, with its weights.</summary>
    public IRouterScore Score { get; } = score;

    /// <summary>The matrix that reads x: [E, D].</summary>
    public WeightMatrix Weight => Score.Matrices[0];

    /// <summary>[1, E], or null.</summary>
    public Tensor? SelectionBias { get; } = selectionBias;

    /// <summary>g, [1, E], or null.</summary>
    public Tensor? Gain { get; } = gain;

    /// <summary>Routes T tokens.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="x">[T, D], the experts' input.</param>
    /// <param name="input">Which tokens count, and the objectives.</param>
    /// <param name="statistics">Collects the decisions, or null.</param>
    /// <param name="anneal">Whether more experts are chosen than K. Default: K.</param>
    public Routing Route(Workspace workspace, Tensor x, PassInput input, RoutingStatistics? statistics, ChosenAnneal anneal = default)
    {
        var clean = Score.Logits(workspace, x);
        var noisy = noise is not null && input.Noise is { } draw ? noise.Add(workspace, x, clean, draw) : (NoisyLogits?)null;
        var logits = noisy?.Logits ?? clean;
        int tokens = x.Rows, experts = Spec.Experts, chosen = anneal.Of(Spec);
        var routing = new Routing(workspace.RentIndices(tokens * chosen).AsMemory(0, tokens * chosen),
            workspace.Rent(tokens, chosen), workspace.Rent(tokens, experts), workspace.Rent(1, tokens));
        Decide(logits.Span, routing);
        statistics?.Add(routing, Spec, input.Counted.Span);

        var objectives = input.Objectives?.Observe(new(this, logits, noisy, routing, input.Counted, input.Segments));
        if (workspace.Recording && logits.NeedsGradient) Record(workspace, logits, routing, objectives);
        return routing;
    }

    void Record(Workspace workspace, Tensor logits, Routing routing, IRouterGradient? objectives) => workspace.Record(routing.Weights, () =>
    {
        objectives?.AddToWeights(workspace);
        AddWeightGradient(workspace, logits, routing);
        objectives?.AddToLogits(workspace);
    });

    /// <summary>Slots 4 to 7 for given logits: probabilities, selection and weights. Pure.</summary>
    /// <param name="logits">[T, E].</param>
    /// <param name="routing">Filled.</param>
    void Decide(ReadOnlySpan<float> logits, in Routing routing)
    {
        int experts = Spec.Experts, chosen = routing.Weights.Columns, tokens = routing.Weights.Rows;
        Softmax.Rows(logits, experts, routing.Probabilities.Span);
        var ids = MemoryMarshal.AsMemory(routing.Chosen).Span;
        // Softmax keeps the order of the logits and loses some of their distances: without a bias the logits select.
        var selectByLogit = SelectionBias is null && Spec is { Affinity: not RouterAffinity.Sigmoid, Groups: null };
        Span<float> scores_E = selectByLogit ? [] : experts <= 512 ? stackalloc float[experts] : new float[experts];
        for (var t = 0; t < tokens; t++)
        {
            var z_E = logits.Slice(t * experts, experts);
            var p_E = routing.Probabilities.Row(t);
            var ids_K = ids.Slice(t * chosen, chosen);
            var w_K = routing.Weights.Row(t);
            // The largest probability is at least 1/E, so its logarithm is exact enough to recover logsumexp.
            var best = TensorPrimitives.IndexOfMax(z_E);
            routing.LogSumExp.Span[t] = z_E[best] - MathF.Log(p_E[best]);
            if (Spec.Affinity == RouterAffinity.Sigmoid)
                for (var e = 0; e < experts; e++) p_E[e] = GateOps.Sigmoid(z_E[e]);

            if (selectByLogit) Selection.TopK(z_E, ids_K);
            else
            {
                p_E.CopyTo(scores_E);
                if (SelectionBias is not null) TensorPrimitives.Add(scores_E, SelectionBias.Span, scores_E);
                if (Spec.Groups is { } groups) Selection.LimitToGroups(scores_E, groups);
                Selection.TopK(scores_E, ids_K);
            }

            var sum = 1f;
            if (Spec.SumsToScale)
            {
                sum = 0;
                foreach (var e in ids_K) sum += p_E[e];
            }
            for (var j = 0; j < chosen; j++)
                w_K[j] = (Gain is null ? p_E[ids_K[j]] / sum : 1 + (Gain.Span[ids_K[j]] * p_E[ids_K[j]])) * Spec.Scale;
            if (Spec.Affinity == RouterAffinity.Sigmoid)
                TensorPrimitives.Divide(p_E, TensorPrimitives.Sum<float>(p_E), p_E);
        }
    }

    void AddWeightGradient(Workspace workspace, Tensor logits, in Routing routing)
    {
        var dLogits = workspace.AddedGradient(logits)!;
        var chosen = routing.Weights.Columns;
        if (chosen == 1 && Spec.SumsToScale) return;        // exactly: an optimiser would make steps of the rounding
        var dWeights = routing.Weights.Gradient!;
        for (var t = 0; t < logits.Rows; t++)
        {
            var ids_K = Selection.Filled(routing.Chosen.Span.Slice(t * chosen, chosen));
            var w_K = routing.Weights.Row(t);
            var dw_K = dWeights.Row(t);
            var dz_E = dLogits.Row(t);
            if (Gain is not null)
            {
                AddGainGradient(workspace.AddedGradient(Gain), ids_K, dw_K, routing.Probabilities.Row(t), dz_E);
                continue;
            }
            var inner = 0f;
            for (var j = 0; j < ids_K.Length; j++) inner += w_K[j] * dw_K[j];
            if (Spec.SumsToScale) inner /= Spec.Scale;
            if (Spec.Affinity == RouterAffinity.Sigmoid)
            {
                // σ' = σ(1 − σ), and w is proportional to σ: ∂w/∂z has the factor w(1 − σ).
                if (!Spec.SumsToScale) inner = 0;
                for (var j = 0; j < ids_K.Length; j++)
                    dz_E[ids_K[j]] += w_K[j] * (dw_K[j] - inner) * (1 - GateOps.Sigmoid(logits.Row(t)[ids_K[j]]));
            }
            // Softmax over the chosen and renormalised softmax are the same function of the chosen logits: w = s·softmax(z_chosen).
            else if (Spec.SumsToScale)
                for (var j = 0; j < ids_K.Length; j++) dz_E[ids_K[j]] += w_K[j] * (dw_K[j] - inner);
            else
            {
                var p_E = routing.Probabilities.Row(t);
                for (var e = 0; e < p_E.Length; e++) dz_E[e] -= p_E[e] * inner;
                for (var j = 0; j < ids_K.Length; j++) dz_E[ids_K[j]] += w_K[j] * dw_K[j];
            }
        }
    }

    // w = s(1 + g p): ∂w/∂g = s p, and ∂w/∂p = s g goes on through the softmax.
    void AddGainGradient(Tensor? dGain, ReadOnlySpan<int> ids_K, ReadOnlySpan<float> dw_K, ReadOnlySpan<float> p_E, Span<float> dz_E)
    {
        var inner = 0f;
        for (var j = 0; j < ids_K.Length; j++)
        {
            var e = ids_K[j];
            if (dGain is not null) dGain.Span[e] += Spec.Scale * p_E[e] * dw_K[j];
            var dp = Spec.Scale * Gain!.Span[e] * dw_K[j];
            inner += dp * p_E[e];
            dz_E[e] += dp * p_E[e];
        }
        for (var e = 0; e < p_E.Length; e++) dz_E[e] -= p_E[e] * inner;
    }
}

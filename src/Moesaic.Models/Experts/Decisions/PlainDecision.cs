using System.Runtime.InteropServices;
using Moesaic.Kernels;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Experts;

/// <summary>
/// Slots 4 to 7 where every token gets its K best experts and nothing is dropped: what published checkpoints do, with the formulas
/// that are simplest then. Allocates nothing. <see cref="RaggedDecision"/> decides the same in general.
/// </summary>
static class PlainDecision
{
    /// <summary>Whether a pipeline decides this way.</summary>
    public static bool Fits(RouterSpec spec) => spec is
    {
        Selection.Kind: SelectionKind.TopK, Capacity: null, PassThrough: false, Affinity: not RouterAffinity.Relu,
        Weight: not CombineWeight.RenormalisedByLevel, Groups: null or { PerGroup: 0 },
    };

    /// <summary>Probabilities, selection and weights for given logits.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="spec">The pipeline.</param>
    /// <param name="router">Its vectors.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="chosen">K, or more while it is annealed.</param>
    /// <param name="rule">The policy, or null.</param>
    /// <param name="fates">Of the tokens under the policy; null when all are plain.</param>
    public static Routing Of(Workspace workspace, RouterSpec spec, Router router, Tensor logits, int chosen,
        PolicyRule? rule = null, TokenFate[]? fates = null)
    {
        int experts = spec.Experts, tokens = logits.Rows;
        var routing = new Routing(workspace.RentIndices(tokens * chosen).AsMemory(0, tokens * chosen),
            workspace.Rent(tokens, chosen), workspace.Rent(tokens, experts), workspace.Rent(1, tokens));
        // Before a map; without one the probabilities themselves.
        var softmax = spec.Map is null ? routing.Probabilities : workspace.Rent(tokens, logits.Columns);
        Softmax.Rows(logits.Span, logits.Columns, softmax.Span);
        TokenTeam.Run(new Decide(spec, router, logits, softmax, routing, rule, fates), tokens);
        return routing;
    }

    readonly record struct Decide(
        RouterSpec Spec, Router Router, Tensor Logits, Tensor Softmax, Routing Routing, PolicyRule? Rule, TokenFate[]? Fates) : ITokenWork
    {
        public void Run(int first, int end)
        {
            // Softmax keeps the order of the logits and loses some of their distances: without a bias the logits select.
            var selectByLogit = Router.SelectionBias is null && Spec is { Affinity: not RouterAffinity.Sigmoid, Groups: null, Map: null };
            Span<float> scores_E = selectByLogit ? [] : Spec.Experts <= 512 ? stackalloc float[Spec.Experts] : new float[Spec.Experts];
            for (var t = first; t < end; t++) Token(t, scores_E);
        }

        void Token(int t, Span<float> scores_E)
        {
            var chosen = Routing.Weights.Columns;
            Span<float> z_E = Logits.Row(t), p_E = Routing.Probabilities.Row(t), w_K = Routing.Weights.Row(t);
            var ids_K = MemoryMarshal.AsMemory(Routing.Chosen).Span.Slice(t * chosen, chosen);
            // The largest probability is at least 1/E, so its logarithm is exact enough to recover logsumexp.
            var best = TensorPrimitives.IndexOfMax<float>(z_E);
            Routing.LogSumExp.Span[t] = z_E[best] - MathF.Log(Softmax.Row(t)[best]);
            if (Spec.Map is { } map) MappedProbabilities.Apply(map, Softmax.Row(t), p_E);
            if (Spec.Affinity == RouterAffinity.Sigmoid)
                for (var e = 0; e < p_E.Length; e++) p_E[e] = GateOps.Sigmoid(z_E[e]);

            if (scores_E.IsEmpty) Selection.TopK(z_E, ids_K);
            else
            {
                p_E.CopyTo(scores_E);
                if (Router.SelectionBias is { } bias) Selection.AddBias(scores_E, bias.Span, Spec.Map is null ? z_E : []);
                if (Spec.Groups is { } groups) Selection.LimitToGroups(scores_E, groups);
                Selection.TopK(scores_E, ids_K);
            }

            if (Rule is not null) Follow(Rule, Spec, Router, Fates is null ? TokenFate.Plain : Fates[t], p_E, ids_K, w_K);
            else
            {
                var sum = 1f;
                if (Spec.SumsToScale)
                {
                    sum = 0;
                    foreach (var e in ids_K) sum += p_E[e];
                }
                for (var j = 0; j < chosen; j++) w_K[j] = Weight(Spec, Router.Gain, p_E, ids_K[j], sum);
                if (Router.Absent.Length > 0) AbsentExperts.Drop(Router.Absent, ids_K, w_K);
            }
            if (Spec.Affinity == RouterAffinity.Sigmoid)
                TensorPrimitives.Divide(p_E, TensorPrimitives.Sum<float>(p_E), p_E);
            else if (Spec.Map is not null) MappedProbabilities.Normalise(p_E, p_E);
        }
    }

    // Mapped probabilities may be negative and their sum nothing to divide by.
    static float Weight(RouterSpec spec, Tensor? gain, ReadOnlySpan<float> p_E, int e, float sum) => spec.Map is not null && !(sum > 0) ? 0
        : (gain is null ? p_E[e] / sum : 1 + (gain.Span[e] * p_E[e])) * spec.Scale;

    // Takes choices away and weighs those that stay; where all stay, with the same bits as without a policy.
    static void Follow(PolicyRule rule, RouterSpec spec, Router router, TokenFate fate, ReadOnlySpan<float> p_E, Span<int> ids_K, Span<float> w_K)
    {
        Span<bool> stays = ids_K.Length <= 64 ? stackalloc bool[ids_K.Length] : new bool[ids_K.Length];
        rule.Decide(p_E, ids_K, fate, stays);
        float all = 0, sharing = 0;
        for (var j = 0; j < ids_K.Length; j++)
        {
            all += p_E[ids_K[j]];
            if (stays[j] ? !(rule.RenormalisesAbsent && IsAbsent(ids_K[j])) : !rule.Renormalises) sharing += p_E[ids_K[j]];
        }
        // Raw weights are raised by what went; renormalised ones are shares of what is left.
        var sum = spec.SumsToScale ? sharing : all > 0 ? sharing / all : 1;
        var kept = 0;
        for (var j = 0; j < ids_K.Length; j++)
            if (stays[j] && !IsAbsent(ids_K[j])) (ids_K[kept], w_K[kept++]) = (ids_K[j], Weight(spec, router.Gain, p_E, ids_K[j], sum));
        ids_K[kept..].Fill(-1);
        w_K[kept..].Clear();

        bool IsAbsent(int e) => router.Absent.Length > 0 && router.Absent[e];
    }

    /// <summary>Adds the gradients of weights to those of the logits and gains.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="spec">The pipeline.</param>
    /// <param name="gain">g, [1, E], or null.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="routing">The decisions.</param>
    public static void AddGradient(Workspace workspace, RouterSpec spec, Tensor? gain, Tensor logits, in Routing routing)
    {
        var dLogits = workspace.AddedGradient(logits)!;
        if (routing.Weights.Columns == 1 && spec.SumsToScale) return;        // exactly: an optimiser would make steps of the rounding
        var back = new Back(spec, gain, gain is null ? null : workspace.AddedGradient(gain), logits, dLogits, routing);
        // Tokens share the gradient of gains.
        if (gain is null) TokenTeam.Run(back, logits.Rows);
        else back.Run(0, logits.Rows);
    }

    readonly record struct Back(RouterSpec Spec, Tensor? Gain, Tensor? DGain, Tensor Logits, Tensor DLogits, Routing Routing) : ITokenWork
    {
        public void Run(int first, int end)
        {
            for (var t = first; t < end; t++) Token(t);
        }

        void Token(int t)
        {
            var chosen = Routing.Weights.Columns;
            var ids_K = Routing.Chosen.Span.Slice(t * chosen, chosen);
            Span<float> w_K = Routing.Weights.Row(t), dw_K = Routing.Weights.Gradient!.Row(t), dz_E = DLogits.Row(t);
            if (Gain is not null)
            {
                AddGainGradient(Spec, Gain, DGain, ids_K, dw_K, Routing.Probabilities.Row(t), dz_E);
                return;
            }
            var inner = 0f;
            for (var j = 0; j < chosen; j++) inner += w_K[j] * dw_K[j];
            if (Spec.SumsToScale) inner /= Spec.Scale;
            if (Spec.Affinity == RouterAffinity.Sigmoid)
            {
                // σ' = σ(1 − σ), and w is proportional to σ: ∂w/∂z has the factor w(1 − σ).
                if (!Spec.SumsToScale) inner = 0;
                for (var j = 0; j < chosen; j++)
                    dz_E[ids_K[j]] += w_K[j] * (dw_K[j] - inner) * (1 - GateOps.Sigmoid(Logits.Row(t)[ids_K[j]]));
            }
            // Softmax over the chosen and renormalised softmax are the same function of the chosen logits: w = s·softmax(z_chosen).
            else if (Spec.SumsToScale)
                for (var j = 0; j < chosen; j++) dz_E[ids_K[j]] += w_K[j] * (dw_K[j] - inner);
            else
            {
                var p_E = Routing.Probabilities.Row(t);
                for (var e = 0; e < p_E.Length; e++) dz_E[e] -= p_E[e] * inner;
                for (var j = 0; j < chosen; j++) dz_E[ids_K[j]] += w_K[j] * dw_K[j];
            }
        }
    }

    // w = s(1 + g p): ∂w/∂g = s p, and ∂w/∂p = s g goes on through the softmax.
    static void AddGainGradient(RouterSpec spec, Tensor gain, Tensor? dGain, ReadOnlySpan<int> ids_K, ReadOnlySpan<float> dw_K, ReadOnlySpan<float> p_E,
        Span<float> dz_E)
    {
        var inner = 0f;
        for (var j = 0; j < ids_K.Length; j++)
        {
            var e = ids_K[j];
            if (dGain is not null) dGain.Span[e] += spec.Scale * p_E[e] * dw_K[j];
            var dp = spec.Scale * gain.Span[e] * dw_K[j];
            inner += dp * p_E[e];
            dz_E[e] += dp * p_E[e];
        }
        for (var e = 0; e < p_E.Length; e++) dz_E[e] -= p_E[e] * inner;
    }
}

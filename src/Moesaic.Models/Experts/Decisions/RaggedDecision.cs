using System.Runtime.InteropServices;
using Moesaic.Tensors;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Moesaic.Models.Experts;

/// <summary>Slots 4 to 8 in general: any affinity, selection, weight and capacity. A token gets as many experts as come out.</summary>
/// <param name="Formula">Slot 7, with the pipeline.</param>
/// <param name="Affinities">Slot 4.</param>
/// <param name="Picks">Slots 6 and 8.</param>
/// <param name="Routing">What came out.</param>
readonly record struct RaggedDecision(CombineFormula Formula, Affinities Affinities, Picks Picks, Routing Routing)
{
    /// <summary>Decides.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="spec">The pipeline, of evaluation or of training.</param>
    /// <param name="router">Its vectors and its stream of noise.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="chosen">K, or more while it is annealed.</param>
    /// <param name="input">Sequences, noise.</param>
    /// <param name="policy">The policy, or null.</param>
    /// <param name="fates">Of the tokens under the policy; null when all are plain.</param>
    public static RaggedDecision Of(Workspace workspace, RouterSpec spec, Router router, Tensor logits, int chosen, PassInput input,
        PolicyRule? policy = null, TokenFate[]? fates = null)
    {
        int tokens = logits.Rows, experts = spec.Experts;
        var affinities = Affinities.Of(workspace, spec, logits);
        var rule = spec.Selection;
        var picks = Picks.Rent(workspace, tokens, TokenSelection.Most(rule, chosen, experts), experts);
        var scores = Scores(workspace, spec, router, logits, affinities.Values);
        var groups = spec.Capacity is not null || rule.Kind is SelectionKind.ExpertChoice or SelectionKind.AverageAbove
            ? RoutingGroups.Of(workspace, spec.Group, tokens, input) : default;
        if (rule.Kind == SelectionKind.ExpertChoice) GroupSelection.ExpertChoice(affinities.Values, groups, chosen, picks);
        else if (rule.Kind == SelectionKind.AverageAbove) GroupSelection.AverageAbove(affinities.Values, groups, rule.Threshold, picks);
        else TokenTeam.Run(new Choose(spec, router.Stream, input.Noise, scores, affinities.Values, chosen, picks), tokens);
        if (policy is not null)
            for (var t = 0; t < tokens; t++) policy.Mark(affinities.Values.Row(t), picks, t, fates is null ? TokenFate.Plain : fates[t]);
        if (router.Absent.Length > 0)
            for (var t = 0; t < tokens; t++) AbsentExperts.Mark(router.Absent, picks, t);
        var wanted = spec.Capacity is null ? default : picks.Kept(workspace, tokens);
        if (spec.Capacity is { } capacity)
            CapacityLimit.Apply(capacity, chosen, scores, affinities.Values, groups, picks, input.Noise, router.Stream);
        return new RaggedDecision(new CombineFormula(spec, router.Gain, policy), affinities, picks, default).Weigh(workspace, tokens, chosen, wanted);
    }

    RaggedDecision Weigh(Workspace workspace, int tokens, int chosen, ReadOnlyMemory<int> wanted)
    {
        var width = Picks.Width == chosen ? chosen : 1;
        for (var t = 0; t < tokens; t++) width = Math.Max(width, Picks.Of(t).Length);
        var dropped = Formula.Spec.Capacity is null ? default : workspace.RentIndices(tokens).AsMemory(0, tokens);
        var routing = new Routing(workspace.RentIndices(tokens * width).AsMemory(0, tokens * width), workspace.Rent(tokens, width),
            Affinities.Probabilities, Affinities.LogSumExp) { Own = Formula.HasOwn ? workspace.Rent(tokens, 1) : null, Dropped = dropped, Wanted = wanted, WantedWidth = Picks.Width };
        var weighed = this with { Routing = routing };
        TokenTeam.Run(new Fill(weighed), tokens);
        return weighed;
    }

    /// <summary>Adds the gradients of weights to those of the logits and gains.</summary>
    /// <param name="workspace">The pass.</param>
    /// <param name="logits">[T, E].</param>
    /// <param name="dOwn">[T, 1], or null where tokens' own inputs have no weight.</param>
    public void AddGradient(Workspace workspace, Tensor logits, Tensor? dOwn)
    {
        var dLogits = workspace.AddedGradient(logits)!;
        var dGain = Formula.Gain is { } gain ? workspace.AddedGradient(gain) : null;
        var back = new Back(this, dLogits, dOwn, dGain);
        // Tokens share the gradient of gains.
        if (dGain is null) TokenTeam.Run(back, logits.Rows);
        else back.Run(0, logits.Rows);
    }

    readonly record struct Choose(
        RouterSpec Spec, int Stream, NoiseDraw? Noise, Tensor Scores, Tensor Affinities, int Chosen, Picks Picks) : ITokenWork
    {
        public void Run(int first, int end)
        {
            var rule = Spec.Selection;
            for (var t = first; t < end; t++)
            {
                Picks.End(t, Spec.Groups is { PerGroup: > 0 } tree
                    ? Selection.TopKPerGroup(Scores.Row(t), tree, Picks.Row(t))
                    : TokenSelection.Pick(rule, Scores.Row(t), Affinities.Row(t), Chosen, Picks.Row(t)));
                if (Spec.Affinity == RouterAffinity.Relu && rule.Kind == SelectionKind.TopK) EndAtZero(Affinities.Row(t), Picks, t);
                if (rule.Kind is SelectionKind.SecondAbove or SelectionKind.SecondSampled)
                    SecondExpert.Decide(rule, Affinities.Row(t), Picks, t, Noise, Stream);
            }
        }
    }

    readonly record struct Fill(RaggedDecision Decision) : ITokenWork
    {
        public void Run(int first, int end)
        {
            var dropped = MemoryMarshal.AsMemory(Decision.Routing.Dropped);
            for (var t = first; t < end; t++)
            {
                var overflowed = Decision.Formula.Fill(Decision.Affinities, Decision.Picks, t, Decision.Routing);
                if (!dropped.IsEmpty) dropped.Span[t] = overflowed;
            }
        }
    }

    readonly record struct Back(RaggedDecision Decision, Tensor DLogits, Tensor? DOwn, Tensor? DGain) : ITokenWork
    {
        public void Run(int first, int end)
        {
            var (formula, affinities) = (Decision.Formula, Decision.Affinities);
            Span<double> da_E = new double[affinities.Values.Columns];
            for (var t = first; t < end; t++)
            {
                da_E.Clear();
                formula.AddGradient(affinities, Decision.Picks, t, Decision.Routing.Weights.Gradient!.Row(t), DOwn is null ? 0 : DOwn.Span[t], da_E, DGain);
                affinities.AddGradient(formula.Spec, t, da_E, DLogits.Row(t));
            }
        }
    }

    // Slot 5. Softmax keeps the order of the logits and loses some of their distances: without a bias the logits select.
    static Tensor Scores(Workspace workspace, RouterSpec spec, Router router, Tensor logits, Tensor affinities)
    {
        if (router.SelectionBias is null && spec.Groups is null && spec.Map is null) return spec.Affinity is RouterAffinity.Sigmoid or RouterAffinity.Relu ? affinities : logits;
        if (router.SelectionBias is null && spec.Groups is null) return affinities;
        var scores = workspace.Rent(affinities.Rows, affinities.Columns);
        affinities.Span.CopyTo(scores.Span);
        for (var t = 0; t < scores.Rows; t++)
        {
            if (router.SelectionBias is { } bias) Selection.AddBias(scores.Row(t), bias.Span, spec.Map is null ? logits.Row(t) : []);
            if (spec.Groups is { } groups) Selection.LimitToGroups(scores.Row(t), groups);
        }
        return scores;
    }

    // With ReLU a choice of affinity 0 is none.
    static void EndAtZero(ReadOnlySpan<float> a_E, in Picks picks, int token)
    {
        var codes = picks.Of(token);
        for (var j = 0; j < codes.Length; j++)
        {
            if (a_E[codes[j]] > 0) continue;
            picks.End(token, j);
            return;
        }
    }
}

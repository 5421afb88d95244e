using System.Runtime.InteropServices;
using Moesaic.Tensors;

namespace Moesaic.Models.Experts;

/// <summary>
/// Slot 7 for any choices: w = s a/Z, where Z sums affinities over the choices (<see cref="CombineWeight.Renormalised"/>) or is 1; s (1 + g a);
/// or by level. See <see cref="PlainDecision"/> for the K best of all, whose formulas are simpler.
/// </summary>
/// <param name="Spec">Weight, scale, what passes through.</param>
/// <param name="Gain">g, [1, E], or null.</param>
/// <param name="Rule">The policy that took choices away, or null.</param>
readonly record struct CombineFormula(RouterSpec Spec, Tensor? Gain, PolicyRule? Rule = null)
{
    bool PassesOverflow => Spec is { PassThrough: false, Capacity.Overflow: CapacityOverflow.PassThrough };

    /// <summary>Whether tokens' own inputs have weights.</summary>
    public bool HasOwn => Spec.PassThrough || PassesOverflow;

    /// <summary>Writes a token's choices and weights.</summary>
    /// <returns>How many choices overflowed.</returns>
    public int Fill(in Affinities affinities, in Picks picks, int token, in Routing routing)
    {
        var perToken = routing.Weights.Columns;
        var ids_K = MemoryMarshal.AsMemory(routing.Chosen).Span.Slice(token * perToken, perToken);
        Span<float> w_K = routing.Weights.Row(token), a_E = affinities.Values.Row(token);
        ids_K.Fill(-1);
        w_K.Clear();
        int kept = 0, overflowed = 0;
        double own = Spec.PassThrough ? 1 : 0;
        foreach (var code in picks.Of(token))
        {
            var weight = Weight(a_E, picks, token, picks.Expert(code));
            if (picks.State(code) == PickState.Overflowed)
            {
                overflowed++;
                if (PassesOverflow) own += weight;
            }
            if (picks.State(code) != PickState.Kept) continue;
            ids_K[kept] = code;
            w_K[kept++] = (float)weight;
            if (Spec.PassThrough) own -= weight;
        }
        if (routing.Own is { } owns) owns.Span[token] = (float)own;
        return overflowed;
    }

    /// <summary>Adds the gradients of a token's weights to those of its affinities and of the gains.</summary>
    /// <param name="affinities">Of the pass.</param>
    /// <param name="picks">Of the pass.</param>
    /// <param name="token">Its row.</param>
    /// <param name="dw_K">Of the weights of its kept choices.</param>
    /// <param name="dOwn">Of the weight of its own input.</param>
    /// <param name="da_E">Added to.</param>
    /// <param name="dGain">[1, E], added to, or null.</param>
    public void AddGradient(in Affinities affinities, in Picks picks, int token, ReadOnlySpan<float> dw_K, double dOwn, Span<double> da_E, Tensor? dGain)
    {
        var a_E = affinities.Values.Row(token);
        int kept = 0, among = 0;
        double inner = 0;       // Σ w dL/dw, without the scale
        var norm = Normaliser(a_E, picks, token);
        foreach (var code in picks.Of(token))
        {
            var (e, state) = (picks.Expert(code), picks.State(code));
            if (Normalises(state)) among++;
            double d = state == PickState.Kept ? dw_K[kept++] - (Spec.PassThrough ? dOwn : 0)
                : state == PickState.Overflowed && PassesOverflow ? dOwn : 0;
            if (d == 0) continue;
            if (Spec.Weight == CombineWeight.RenormalisedByLevel)
            {
                LevelShares.AddGradient(this, a_E, picks, token, e, d * Spec.Scale, da_E);
                continue;
            }
            if (Spec.Weight == CombineWeight.One)
            {
                da_E[e] += Spec.Scale * Gain!.Span[e] * d;
                if (dGain is not null) dGain.Span[e] += (float)(Spec.Scale * a_E[e] * d);
                continue;
            }
            da_E[e] += Spec.Scale * d / norm;
            inner += Spec.Scale * d * a_E[e] / norm;
        }
        if (!Spec.SumsToScale || Spec.Weight == CombineWeight.RenormalisedByLevel) return;
        foreach (var code in picks.Of(token))
        {
            if (!Normalises(picks.State(code))) continue;
            // A single one has weight s whatever its affinity: exactly no gradient, of which an optimiser would make steps of the rounding.
            if (among == 1) da_E[picks.Expert(code)] = 0;
            else da_E[picks.Expert(code)] -= inner / norm;
        }
    }

    /// <summary>Whether a choice in a state is one of those that weights are shares of.</summary>
    public bool Normalises(PickState state) => state switch
    {
        PickState.Kept => true,
        PickState.Skipped => !Rule!.Renormalises,
        PickState.Absent => Rule is not { RenormalisesAbsent: true },
        _ => !Spec.RenormaliseAfterDrops,
    };

    double Weight(ReadOnlySpan<float> a_E, in Picks picks, int token, int expert) => Spec.Scale * (Spec.Weight switch
    {
        CombineWeight.One => 1 + ((double)Gain!.Span[expert] * a_E[expert]),
        CombineWeight.RenormalisedByLevel => LevelShares.Of(this, a_E, picks, token, expert),
        _ => a_E[expert] / Normaliser(a_E, picks, token),
    });

    double Normaliser(ReadOnlySpan<float> a_E, in Picks picks, int token)
    {
        if (!Spec.SumsToScale) return 1;
        double sum = 0;
        foreach (var code in picks.Of(token))
            if (Normalises(picks.State(code))) sum += a_E[picks.Expert(code)];
        // Mapped probabilities may be negative and their sum nothing to divide by.
        return Spec.Map is not null && !(sum > 0) ? double.PositiveInfinity : sum;
    }
}

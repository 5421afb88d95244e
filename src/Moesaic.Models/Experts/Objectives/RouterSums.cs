namespace Moesaic.Models.Experts.Objectives;

/// <summary>What one router did with the counted tokens of a pass, or of several: the sums of each objective, and its choices.</summary>
public sealed class RouterSums
{
    readonly IReadOnlyList<BalanceTerm> terms;
    readonly List<double>[] ofTerms;            // over sequences: one part a sequence, one after the other
    readonly List<int> sequenceTokens = [];

    internal RouterSums(RouterSpec spec, IReadOnlyList<BalanceTerm> terms)
    {
        (Spec, this.terms, Slots) = (spec, terms, new long[spec.Experts]);
        ofTerms = [.. terms.Select(_ => new List<double>())];
    }

    /// <summary>The router's settings.</summary>
    public RouterSpec Spec { get; }

    /// <summary>Counted tokens.</summary>
    public int Tokens { get; private set; }

    /// <summary>Choices per expert, before a capacity.</summary>
    public long[] Slots { get; }

    internal static RouterSums Of(in RouterDecisions pass, IReadOnlyList<BalanceTerm> terms)
    {
        var sums = new RouterSums(pass.Router.Spec, terms);
        var sequences = terms.Any(t => t.Over == BalanceOver.Sequences) ? pass.SequenceOfToken() : [];
        var counts = new int[sequences.Length == 0 ? 0 : pass.Sequences.Length];
        var experts = pass.Router.Spec.Experts;
        var sizes = terms.Select(t => t.Objective.Sums(experts)).ToArray();
        double[][] values = [.. terms.Select((t, i) => new double[t.Over == BalanceOver.Sequences ? sizes[i] * counts.Length : sizes[i]])];
        for (var t = 0; t < pass.Logits.Rows; t++)
        {
            if (!pass.Counts(t)) continue;
            sums.Tokens++;
            var token = pass.Token(t);
            foreach (var e in token.Wanted) sums.Slots[e]++;
            for (var i = 0; i < values.Length; i++)
            {
                if (terms[i].Over != BalanceOver.Sequences) terms[i].Objective.Add(token, values[i]);
                else if (sequences[t] >= 0) terms[i].Objective.Add(token, values[i].AsSpan(sequences[t] * sizes[i], sizes[i]));
            }
            if (sequences.Length > 0 && sequences[t] >= 0) counts[sequences[t]]++;
        }
        for (var i = 0; i < values.Length; i++) sums.ofTerms[i].AddRange(values[i]);
        sums.sequenceTokens.AddRange(counts);
        return sums;
    }

    internal void Add(RouterSums other)
    {
        Tokens += other.Tokens;
        for (var e = 0; e < Slots.Length; e++) Slots[e] += other.Slots[e];
        for (var i = 0; i < ofTerms.Length; i++)
        {
            if (terms[i].Over == BalanceOver.Sequences || ofTerms[i].Count == 0) ofTerms[i].AddRange(other.ofTerms[i]);
            else for (var s = 0; s < ofTerms[i].Count; s++) ofTerms[i][s] += other.ofTerms[i][s];
        }
        sequenceTokens.AddRange(other.sequenceTokens);
    }

    internal ReadOnlySpan<double> Of(int term) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(ofTerms[term]);

    /// <summary>How many counted tokens a sequence has.</summary>
    internal int TokensOf(int sequence) => sequenceTokens[sequence];

    /// <summary>Number of sequences; only counted where an objective is over sequences.</summary>
    internal int Sequences => sequenceTokens.Count;

    internal TokenSums OfSequence(int term, int sequence)
    {
        var size = terms[term].Objective.Sums(Spec.Experts);
        return new(Of(term).Slice(sequence * size, size), sequenceTokens[sequence]);
    }
}

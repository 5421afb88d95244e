using Moesaic.Tensors;

namespace Moesaic.Models.Experts.Objectives;

/// <summary>The objectives of a pass at one router: sums as soon as it has decided, gradients when those of the combine weights are due.</summary>
sealed class RouterBalance : IRouterGradient
{
    readonly BalanceObjectives objectives;
    readonly RouterDecisions pass;
    readonly RouterSums sums;
    double[][]? slopes;         // of each objective, sequence after sequence where it is over sequences
    int[] sequences = [];

    public RouterBalance(BalanceObjectives objectives, in RouterDecisions pass)
    {
        (this.objectives, this.pass) = (objectives, pass);
        sums = RouterSums.Of(pass, objectives.Terms);
        objectives.Found?.Keep(pass.Router, sums);
    }

    /// <inheritdoc/>
    public void AddToWeights(Workspace workspace)
    {
        if (sums.Tokens == 0) return;
        slopes = [.. objectives.Terms.Select((_, i) => SlopesOf(i))];
        if (objectives.Terms.Any(t => t.Over == BalanceOver.Sequences)) sequences = pass.SequenceOfToken();
        var dWeights = pass.Routing.Weights.Gradient!;
        for (var i = 0; i < slopes.Length; i++)
        {
            if (objectives.Terms[i].Objective is IWeightObjective weights)
                for (var t = 0; t < pass.Logits.Rows; t++)
                    if (SlopesAt(i, t) is { IsEmpty: false } own) weights.AddToWeights(pass.Token(t), own, dWeights.Row(t));
            if (objectives.Terms[i].Objective is LoadVariation load && pass.Noisy is { } noisy) AddToNoise(workspace, load, i, noisy);
        }
    }

    void AddToNoise(Workspace workspace, LoadVariation load, int term, in NoisyLogits noisy)
    {
        Tensor? dClean = workspace.AddedGradient(noisy.Clean), dRaw = workspace.AddedGradient(noisy.Raw);
        var dNoisy = workspace.AddedGradient(noisy.Logits)!;
        for (var t = 0; t < pass.Logits.Rows; t++)
            if (SlopesAt(term, t) is { IsEmpty: false } own)
                load.AddToNoise(pass.Token(t), own, noisy.Raw.Row(t), dNoisy.Row(t), dClean is null ? [] : dClean.Row(t), dRaw is null ? [] : dRaw.Row(t));
    }

    /// <inheritdoc/>
    public void AddToLogits(Workspace workspace)
    {
        if (slopes is null || !objectives.Terms.Any(t => t.Objective is ILogitObjective)) return;
        TokenTeam.Run(new Back(this, workspace.AddedGradient(pass.Logits)!), pass.Logits.Rows);
    }

    readonly record struct Back(RouterBalance Balance, Tensor DLogits) : ITokenWork
    {
        public void Run(int first, int end)
        {
            var (pass, terms) = (Balance.pass, Balance.objectives.Terms);
            var row = new double[pass.Router.Spec.Experts];
            for (var t = first; t < end; t++)
            {
                if (!pass.Counts(t)) continue;
                row.AsSpan().Clear();
                var token = pass.Token(t);
                for (var i = 0; i < terms.Count; i++)
                    if (terms[i].Objective is ILogitObjective objective && Balance.SlopesAt(i, t) is { IsEmpty: false } own)
                        objective.AddToLogits(token, own, row);
                var dz_E = DLogits.Row(t);
                // Rounded once.
                for (var e = 0; e < row.Length; e++) dz_E[e] += (float)row[e];
            }
        }
    }

    double[] SlopesOf(int number)
    {
        var term = objectives.Terms[number];
        var portion = new Portion(term.Of(pass.Router) * objectives.Share, sums.Tokens);
        var size = term.Objective.Sums(pass.Router.Spec.Experts) + 1;
        if (term.Over == BalanceOver.Sequences)
        {
            var all = new double[size * sums.Sequences];
            for (var s = 0; s < sums.Sequences; s++)
                if (sums.TokensOf(s) > 0)
                    term.Objective.Slopes(pass.Router.Spec, sums.OfSequence(number, s), portion, all.AsSpan(s * size, size));
            return all;
        }
        var slopes = new double[size];
        var whole = objectives.Whole ?? objectives.Found;
        if (term.Over == BalanceOver.Layers)
        {
            if (whole is null) throw new InvalidOperationException($"{term.Objective.Name} over the layers needs a ledger of the pass");
            var pooled = whole.Pooled(sums, number, out var tokens, out var layers);
            term.Objective.Slopes(pass.Router.Spec, new(pooled, tokens), portion with { Coefficient = portion.Coefficient / layers }, slopes);
        }
        else
        {
            var of = objectives.Whole?.Of(pass.Router) ?? sums;
            term.Objective.Slopes(pass.Router.Spec, new(of.Of(number), of.Tokens), portion, slopes);
        }
        return slopes;
    }

    // None for a token that does not count.
    ReadOnlySpan<double> SlopesAt(int term, int token)
    {
        if (!pass.Counts(token)) return default;
        if (objectives.Terms[term].Over != BalanceOver.Sequences) return slopes![term];
        if (sequences[token] < 0) return default;
        var size = slopes![term].Length / sums.Sequences;
        return slopes[term].AsSpan(sequences[token] * size, size);
    }
}

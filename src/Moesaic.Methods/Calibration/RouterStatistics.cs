using Moesaic.Kernels;
using Moesaic.Models;
using Moesaic.Models.Experts;

namespace Moesaic.Methods.Calibration;

/// <summary>
/// What a router did on calibration text, that of a mixture or of heads that are experts: sums in float64, each with its count. A gate is the combine
/// weight of the running model, whatever its router is: renormalised, scaled, of a sigmoid, as it comes.
/// </summary>
public class RouterStatistics
{
    float[] logits = [];
    readonly float[] gram, probabilities_K;

    /// <summary>Statistics of nothing yet.</summary>
    /// <param name="experts">E.</param>
    /// <param name="places">P: most experts that a token gets.</param>
    public RouterStatistics(int experts, int places)
    {
        (Experts, Places, gram, probabilities_K) = (experts, places, new float[experts * experts], new float[places]);
        (Routed, Gates, GateShares, ChosenProbabilities, Probabilities) =
            (new long[experts], new double[experts], new double[experts], new double[experts], new double[experts]);
        (CoActivation, LogitGram) = (new long[experts * experts], new double[experts * experts]);
        (Ratios, CumulativeShares) = (new long[(places - 1) * ShareHistogram.Bins], new long[places * ShareHistogram.Bins]);
    }

    /// <summary>Number of experts, E.</summary>
    public int Experts { get; }

    /// <summary>Most experts that a token gets, P: K, or E where a token gets as many as its scores ask for.</summary>
    public int Places { get; }

    /// <summary>Tokens that the router saw and that count.</summary>
    public long Tokens { get; private set; }

    /// <summary>[E] tokens that chose the expert.</summary>
    public long[] Routed { get; }

    /// <summary>[E] Σ of its combine weight, scale included.</summary>
    public double[] Gates { get; }

    /// <summary>[E] Σ of its part of the token's combine weights, which sum to 1: the renormalised gate.</summary>
    public double[] GateShares { get; }

    /// <summary>[E] Σ of its probability over the tokens that chose it: the gate before any renormalisation.</summary>
    public double[] ChosenProbabilities { get; }

    /// <summary>[E] Σ of its probability over all tokens; the sigmoids of a token are divided by their sum.</summary>
    public double[] Probabilities { get; }

    /// <summary>[E, E] tokens that chose both; on the diagonal <see cref="Routed"/>.</summary>
    public long[] CoActivation { get; }

    /// <summary>[E, E] Σ zₐ z_b of the router's logits.</summary>
    public double[] LogitGram { get; }

    /// <summary>[P − 1, 4096] histograms (<see cref="ShareHistogram"/>) of aⱼ/a₁, the affinities of a token's choices by rank, the second first.</summary>
    public long[] Ratios { get; }

    /// <summary>[P, 4096] histograms of the summed probability of the best j choices.</summary>
    public long[] CumulativeShares { get; }

    /// <summary>Places for a router.</summary>
    public static int PlacesOf(RouterSpec router) =>
        router.Selection.Kind is SelectionKind.TopK or SelectionKind.SecondAbove ? router.Chosen : router.Experts;

    /// <summary>aⱼ/a₁ that a part of the tokens with a j-th choice does not exceed; NaN when there were none.</summary>
    /// <param name="place">Rank j, 2 to <see cref="Places"/>.</param>
    /// <param name="part">0.5 for the median.</param>
    public double RatioQuantile(int place, double part) =>
        ShareHistogram.Quantile(Ratios.AsSpan((place - 2) * ShareHistogram.Bins, ShareHistogram.Bins), part);

    /// <summary>[E, E] cosines of the router's logits over tokens; 0 with an expert whose logits are all 0.</summary>
    public double[,] LogitCosines()
    {
        var cosines = new double[Experts, Experts];
        for (var a = 0; a < Experts; a++)
            for (var b = 0; b < Experts; b++)
            {
                var norms = LogitGram[(a * Experts) + a] * LogitGram[(b * Experts) + b];
                cosines[a, b] = norms > 0 ? LogitGram[(a * Experts) + b] / Math.Sqrt(norms) : 0;
            }
        return cosines;
    }

    /// <summary>Takes the place of <see cref="Tokens"/> when statistics are read from a file.</summary>
    internal void SetTokens(long tokens) => Tokens = tokens;

    /// <summary>Adds what a router decided in a pass.</summary>
    internal void Add(in RouterDecisions decisions)
    {
        var routing = decisions.Routing;
        int rows = decisions.Logits.Rows, perToken = routing.Weights.Columns, kept = 0;
        if (logits.Length < rows * Experts) logits = new float[rows * Experts];
        for (var t = 0; t < rows; t++)
        {
            if (!decisions.Counts(t)) continue;
            decisions.Logits.Row(t).CopyTo(logits.AsSpan(kept++ * Experts, Experts));
            var p_E = routing.Probabilities.Row(t);
            for (var e = 0; e < p_E.Length; e++) Probabilities[e] += p_E[e];
            var ids_K = Selection.Filled(routing.Chosen.Span.Slice(t * perToken, perToken));
            AddChoices(ids_K, routing.Weights.Row(t)[..ids_K.Length], p_E);
        }
        Tokens += kept;
        MatMul.Multiply(MatMulForm.AtB, logits.AsSpan(0, kept * Experts), logits.AsSpan(0, kept * Experts), gram, Experts, Experts, kept);
        for (var i = 0; i < gram.Length; i++) LogitGram[i] += gram[i];
    }

    void AddChoices(ReadOnlySpan<int> ids_K, ReadOnlySpan<float> w_K, ReadOnlySpan<float> p_E)
    {
        double all = 0;
        foreach (var w in w_K) all += w;
        var ranked = probabilities_K.AsSpan(0, ids_K.Length);
        for (var j = 0; j < ids_K.Length; j++)
        {
            var e = ids_K[j];
            Routed[e]++;
            Gates[e] += w_K[j];
            if (all > 0) GateShares[e] += w_K[j] / all;
            ChosenProbabilities[e] += ranked[j] = p_E[e];
            foreach (var other in ids_K) CoActivation[(e * Experts) + other]++;
        }
        // A bias of the selection may have put a weaker one first.
        ranked.Sort((a, b) => b.CompareTo(a));
        double cumulative = 0;
        for (var j = 0; j < ranked.Length; j++)
        {
            cumulative += ranked[j];
            CumulativeShares[(j * ShareHistogram.Bins) + ShareHistogram.Bin(cumulative)]++;
            if (j > 0) Ratios[((j - 1) * ShareHistogram.Bins) + ShareHistogram.Bin((double)ranked[j] / ranked[0])]++;
        }
    }
}

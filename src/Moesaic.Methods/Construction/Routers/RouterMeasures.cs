using Moesaic.Models.Experts;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Routers;

/// <summary>How well a router that was not trained yet sends tokens where they belong.</summary>
static class RouterMeasures
{
    /// <summary>Compares first choices with clusters and chosen experts with those of the most energy.</summary>
    /// <param name="logits">[N, E].</param>
    /// <param name="labels">The cluster of each token, or null.</param>
    /// <param name="energies">[N, E].</param>
    /// <param name="chosen">Experts per token, K.</param>
    public static SplitMeasures Of(Tensor logits, int[]? labels, Tensor energies, int chosen)
    {
        var loads = new double[logits.Columns];
        int[] routed = new int[chosen], strong = new int[chosen];
        int same = 0, overlap = 0;
        for (var n = 0; n < logits.Rows; n++)
        {
            Selection.TopK(logits.Row(n), routed);
            Selection.TopK(energies.Row(n), strong);
            loads[routed[0]]++;
            if (labels?[n] == routed[0]) same++;
            foreach (var e in routed)
                if (Array.IndexOf(strong, e) >= 0) overlap++;
        }
        var mean = loads.Average();
        return new SplitMeasures
        {
            Agreement = labels is null ? null : (double)same / logits.Rows,
            EnergyAgreement = (double)overlap / ((long)chosen * logits.Rows),
            LoadVariation = Math.Sqrt(loads.Average(l => (l - mean) * (l - mean))) / mean,
        };
    }
}

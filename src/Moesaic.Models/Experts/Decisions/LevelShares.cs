namespace Moesaic.Models.Experts;

/// <summary>
/// <see cref="CombineWeight.RenormalisedByLevel"/>: w = (P_g/ΣP) (a/A_g), where P_g is what a group's experts have together, ΣP sums over the
/// groups of which something is chosen, and A_g over the chosen ones of the group.
/// </summary>
static class LevelShares
{
    /// <summary>The weight of one choice, without the scale.</summary>
    public static double Of(in CombineFormula formula, ReadOnlySpan<float> a_E, in Picks picks, int token, int expert)
    {
        var (groups, inside) = Sums(formula, a_E, picks, token, expert);
        var size = Size(formula);
        return Total(a_E, expert / size, size) / groups * (a_E[expert] / inside);
    }

    /// <summary>Adds the gradient of one choice's weight to those of the affinities.</summary>
    public static void AddGradient(in CombineFormula formula, ReadOnlySpan<float> a_E, in Picks picks, int token, int expert, double d, Span<double> da_E)
    {
        var (groups, inside) = Sums(formula, a_E, picks, token, expert);
        var size = Size(formula);
        double own = Total(a_E, expert / size, size), weight = own / groups * (a_E[expert] / inside);
        da_E[expert] += d * own / groups / inside;
        Span<bool> present = stackalloc bool[64];
        if (a_E.Length / size > 64) present = new bool[a_E.Length / size];
        foreach (var code in picks.Of(token))
        {
            if (!formula.Normalises(picks.State(code))) continue;
            var e = picks.Expert(code);
            present[e / size] = true;
            if (e / size == expert / size) da_E[e] -= d * weight / inside;
        }
        for (var e = 0; e < a_E.Length; e++)
        {
            if (!present[e / size]) continue;
            da_E[e] -= d * weight / groups;
            if (e / size == expert / size) da_E[e] += d * weight / own;
        }
    }

    // Sum over the groups that are present, and over the chosen ones of the expert's own.
    static (double Groups, double Inside) Sums(in CombineFormula formula, ReadOnlySpan<float> a_E, in Picks picks, int token, int expert)
    {
        var size = Size(formula);
        double groups = 0, inside = 0;
        var codes = picks.Of(token);
        for (var j = 0; j < codes.Length; j++)
        {
            if (!formula.Normalises(picks.State(codes[j]))) continue;
            var e = picks.Expert(codes[j]);
            if (e / size == expert / size) inside += a_E[e];
            var before = false;
            for (var i = 0; i < j; i++) before |= formula.Normalises(picks.State(codes[i])) && picks.Expert(codes[i]) / size == e / size;
            if (!before) groups += Total(a_E, e / size, size);
        }
        return (groups, inside);
    }

    static int Size(in CombineFormula formula) => formula.Spec.Experts / formula.Spec.Groups!.Count;

    static double Total(ReadOnlySpan<float> a_E, int group, int size)
    {
        double sum = 0;
        foreach (var a in a_E.Slice(group * size, size)) sum += a;
        return sum;
    }
}

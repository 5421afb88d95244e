namespace Moesaic.Inference.Tests;

/// <summary>The documented order written down plainly, in float64: sorted lists, a renormalisation after each filter.</summary>
static class SamplerReference
{
    /// <summary>The probability of each id, 0 where a filter took it away.</summary>
    public static double[] Probabilities(float[] logits, int[] context, SamplingOptions options)
    {
        var scores = Array.ConvertAll(logits, z => (double)z);
        foreach (var (id, value) in options.LogitBias) scores[id] += value;
        foreach (var group in context.TakeLast(options.RepetitionWindow).GroupBy(id => id))
        {
            ref var score = ref scores[group.Key];
            score = score > 0 ? score / options.RepetitionPenalty : score * options.RepetitionPenalty;
            score -= (group.Count() * options.FrequencyPenalty) + options.PresencePenalty;
        }

        var ranked = Enumerable.Range(0, scores.Length).OrderByDescending(id => scores[id]).ThenBy(id => id).ToList();
        if (options.TopK > 0) ranked = [.. ranked.Take(options.TopK)];

        var p = Normalised(ranked.Select(id => Math.Exp((scores[id] - scores[ranked[0]]) / options.Temperature)));
        if (options.TopP < 1)
        {
            double mass = 0;
            var count = 0;
            while (count < p.Length && mass < options.TopP - 1e-9) mass += p[count++];
            (ranked, p) = ([.. ranked.Take(count)], Normalised(p.Take(count)));
        }
        var likely = p.Count(x => x >= (options.MinP * p[0]) - 1e-9);
        (ranked, p) = ([.. ranked.Take(likely)], Normalised(p.Take(likely)));

        if (options.TypicalP < 1)
        {
            var entropy = -p.Sum(x => x > 0 ? x * Math.Log(x) : 0);
            var typical = ranked.Zip(p).Where(t => t.Second > 0)
                .OrderBy(t => Math.Round(Math.Abs(-Math.Log(t.Second) - entropy), 5)).ThenBy(t => t.First).ToList();
            double mass = 0;
            var count = 0;
            while (count < typical.Count && mass < options.TypicalP - 1e-9) mass += typical[count++].Second;
            ranked = [.. typical.Take(count).Select(t => t.First)];
            p = Normalised(typical.Take(count).Select(t => t.Second));
        }

        var result = new double[logits.Length];
        for (var i = 0; i < p.Length; i++) result[ranked[i]] = p[i];
        return result;
    }

    static double[] Normalised(IEnumerable<double> weights)
    {
        var list = weights.ToArray();
        var sum = list.Sum();
        return Array.ConvertAll(list, w => w / sum);
    }
}

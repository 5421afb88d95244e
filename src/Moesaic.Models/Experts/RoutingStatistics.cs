namespace Moesaic.Models.Experts;

/// <summary>What one router decided over any number of passes: the same numbers for training logs, evaluation and pruning.</summary>
/// <param name="experts">E.</param>
public sealed class RoutingStatistics(int experts)
{
    readonly long[] slots = new long[experts];
    readonly double[] probabilities = new double[experts];
    double entropies, firstWeights, squares;

    /// <summary>Tokens counted.</summary>
    public long Tokens { get; private set; }

    /// <summary>Tokens that no expert got.</summary>
    public long Unrouted { get; private set; }

    /// <summary>Experts per token, on average.</summary>
    public double PerToken => slots.Sum() / (double)Math.Max(1, Tokens);

    /// <summary>Choices lost to a capacity.</summary>
    public long Dropped { get; private set; }

    /// <summary>Their part of all choices.</summary>
    public double DropRate => Dropped / (double)Math.Max(1, Dropped + slots.Sum());

    /// <summary>Token slots per expert.</summary>
    public ReadOnlySpan<long> Slots => slots;

    /// <summary>Number of experts, E.</summary>
    public int Experts => slots.Length;

    /// <summary>Experts that no counted token chose.</summary>
    public int Dead => Tokens == 0 ? 0 : slots.Count(s => s == 0);

    /// <summary>fₑ: fraction of the token slots per expert; sums to 1.</summary>
    public double[] Load
    {
        get
        {
            double sum = Math.Max(1, slots.Sum());
            return [.. slots.Select(s => s / sum)];
        }
    }

    /// <summary>Pₑ: mean probability per expert ("importance"); sums to 1.</summary>
    public double[] Importance => [.. probabilities.Select(p => p / Math.Max(1, Tokens))];

    /// <summary>Largest load divided by the mean load: 1 is balanced, E is collapse.</summary>
    public double MaxOverMean => Load.Max() * Experts;

    /// <summary>Deviation of the loads divided by their mean: 0 is balanced, √(E − 1) is collapse.</summary>
    public double LoadVariation => Math.Sqrt(Load.Sum(f => Math.Pow((f * Experts) - 1, 2)) / Experts);

    /// <summary>Keeps every token's choices when it is given; <see cref="Clear"/> leaves it alone. Default: not kept.</summary>
    public RoutingChoices? Choices { get; init; }

    /// <summary>Is shown every pass that is added, or null.</summary>
    public IRoutingObserver? Observer { get; init; }

    /// <summary>Mean entropy of a token's probabilities, nats: ln E when the router cannot decide, 0 when it is certain.</summary>
    public double TokenEntropy => entropies / Math.Max(1, Tokens);

    /// <summary>Entropy of the load, nats: ln E when balanced.</summary>
    public double LoadEntropy => -Load.Where(f => f > 0).Sum(f => f * Math.Log(f));

    /// <summary>Mean combine weight of the first choice, without the scale.</summary>
    public double FirstWeight => firstWeights / Math.Max(1, Tokens);

    /// <summary>E Σ f P, 1 at uniform routing.</summary>
    public double LoadBalance => BalanceObjectives.LoadBalanceValue(Load, Importance);

    /// <summary>Mean squared logsumexp of the logits: the z-loss without its coefficient.</summary>
    public double ZLoss => squares / Math.Max(1, Tokens);

    /// <summary>Adds the decisions of a pass.</summary>
    /// <param name="routing">The decisions.</param>
    /// <param name="spec">The router's settings.</param>
    /// <param name="counted">Which tokens count; empty for all.</param>
    public void Add(in Routing routing, RouterSpec spec, ReadOnlySpan<bool> counted)
    {
        Observer?.Observe(routing);
        var chosen = routing.Chosen.Span;
        var perToken = routing.Weights.Columns;
        for (var t = 0; t < routing.Weights.Rows; t++)
        {
            if (!counted.IsEmpty && !counted[t]) continue;
            Tokens++;
            var ids_K = Selection.Filled(chosen.Slice(t * perToken, perToken));
            foreach (var e in ids_K) slots[e]++;
            if (ids_K.IsEmpty) Unrouted++;
            Choices?.Add(ids_K);
            if (!routing.Dropped.IsEmpty) Dropped += routing.Dropped.Span[t];
            double mean = 0;
            var p_E = routing.Probabilities.Row(t);
            for (var e = 0; e < p_E.Length; e++)
            {
                probabilities[e] += p_E[e];
                // p log p from the logits' side would lose what the softmax already rounded; 0 log 0 is 0.
                if (p_E[e] > 0) mean -= p_E[e] * Math.Log(p_E[e]);
            }
            entropies += mean;
            squares += (double)routing.LogSumExp.Span[t] * routing.LogSumExp.Span[t];
            firstWeights += routing.Weights.Row(t)[0] / spec.Scale;
        }
    }

    /// <summary>Adds the decisions of other passes of the same router; not their choices.</summary>
    /// <param name="other">Of as many experts.</param>
    public void Add(RoutingStatistics other)
    {
        for (var e = 0; e < slots.Length; e++)
        {
            slots[e] += other.slots[e];
            probabilities[e] += other.probabilities[e];
        }
        (entropies, firstWeights, squares) = (entropies + other.entropies, firstWeights + other.firstWeights, squares + other.squares);
        (Tokens, Unrouted, Dropped) = (Tokens + other.Tokens, Unrouted + other.Unrouted, Dropped + other.Dropped);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        Array.Clear(slots);
        Array.Clear(probabilities);
        (entropies, firstWeights, squares, Tokens, Unrouted, Dropped) = (0, 0, 0, 0, 0, 0);
    }
}

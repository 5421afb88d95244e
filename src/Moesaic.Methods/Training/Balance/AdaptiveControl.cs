using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training.Balance;

/// <summary>See <see cref="AdaptiveOptions"/>.</summary>
sealed class AdaptiveControl : IBalanceController, IDisposable
{
    readonly IReadOnlyList<Router> routers;
    readonly AdaptiveOptions options;
    readonly LoadBalance objective;
    readonly Tensor coefficients;

    public AdaptiveControl(IReadOnlyList<Router> routers, AdaptiveOptions options, LoadCount count, float start)
    {
        (this.routers, this.options, objective, coefficients) = (routers, options, new LoadBalance(count), new Tensor(1, routers.Count));
        coefficients.Span.Fill(start);
    }

    public IEnumerable<BalanceTerm> Terms => [new(objective, 0)
    {
        Own = routers.Select((r, i) => (r, Own: coefficients.Span[i])).ToDictionary(p => p.r, p => p.Own),
    }];

    public IEnumerable<(string Name, Tensor Value)> State => [("adaptive.load_balance", coefficients)];

    public bool OutlivesModel => true;

    public void After(int step, BalanceLedger ledger)
    {
        for (var i = 0; i < routers.Count; i++)
            if (ledger.Of(routers[i]) is { Tokens: > 0 } sums)
                coefficients.Span[i] = Next(coefficients.Span[i], Overload(sums.Slots, options.CapacityFactor), options);
    }

    internal static float Next(float before, double overload, AdaptiveOptions options) =>
        (float)((options.Keep * before) + ((1 - options.Keep) * Math.Min(options.Rate * overload, options.Most)));

    /// <summary>The share of the slots above so many mean loads of their expert.</summary>
    internal static double Overload(ReadOnlySpan<long> slots, double factor)
    {
        double all = 0, above = 0;
        foreach (var s in slots) all += s;
        foreach (var s in slots) above += Math.Max(0, s - (factor * all / slots.Length));
        return all == 0 ? 0 : above / all;
    }

    public void Dispose() => coefficients.Dispose();
}

using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training.Balance;

/// <summary>See <see cref="BiasOptions"/>.</summary>
sealed class SelectionBiasControl : IBalanceController
{
    readonly (Router Router, string Name, Tensor Bias)[] biases;
    readonly float rate;
    readonly int until;

    public SelectionBiasControl(Model model, IReadOnlyList<Router> routers, BiasOptions options, int steps)
    {
        var names = model.Parameters.Where(p => p.Role == ParameterRole.SelectionBias).ToDictionary(p => p.Value, p => p.Name);
        biases = [.. routers.Where(r => r.SelectionBias is not null).Select(r => (r, names[r.SelectionBias!], r.SelectionBias!))];
        (rate, until) = ((float)options.Rate, (int)Math.Ceiling(steps * options.Until));
    }

    public IEnumerable<BalanceTerm> Terms => [];

    public IEnumerable<(string Name, Tensor Value)> State => biases.Select(b => (b.Name, b.Bias));

    public bool OutlivesModel => false;

    public void After(int step, BalanceLedger ledger)
    {
        if (step >= until) return;
        foreach (var (router, _, bias) in biases)
            if (ledger.Of(router) is { } sums) Move(bias.Span, sums.Slots, rate);
    }

    /// <summary>bₑ += rate · sign(mean load − loadₑ).</summary>
    internal static void Move(Span<float> bias, ReadOnlySpan<long> loads, float rate)
    {
        long sum = 0;
        foreach (var load in loads) sum += load;
        for (var e = 0; e < bias.Length; e++) bias[e] += rate * Math.Sign(sum - (loads[e] * bias.Length));
    }
}

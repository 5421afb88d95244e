using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;

namespace Moesaic.Methods.Training.Balance;

/// <summary>One router objective in one step, without its coefficient.</summary>
/// <param name="Name">See <see cref="BalanceTerm.Name"/>.</param>
/// <param name="Layers">At each router: those of mixtures, then those of attention experts, in the order of the layers.</param>
public sealed record ObjectiveValues(string Name, double[] Layers)
{
    /// <summary>Over all routers.</summary>
    public double Sum => Layers.Sum();

    internal static List<ObjectiveValues> Of(IReadOnlyList<BalanceTerm> terms, IReadOnlyList<Router> routers) =>
        [.. terms.Select(t => new ObjectiveValues(t.Name, new double[routers.Count]))];

    internal static void Add(List<ObjectiveValues> values, BalanceLedger ledger, IReadOnlyList<Router> routers, double share)
    {
        for (var r = 0; r < routers.Count; r++)
        {
            if (ledger.Of(routers[r]) is null) continue;
            var found = ledger.Values(routers[r]);
            for (var i = 0; i < found.Length; i++) values[i].Layers[r] += share * found[i];
        }
    }
}

using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training.Balance;

/// <summary>See <see cref="SparsityOptions"/>.</summary>
sealed class SparsityControl : IBalanceController, IDisposable
{
    readonly IReadOnlyList<Router> routers;
    readonly float factor;
    readonly Tensor lambda = new(1, 1);

    public SparsityControl(IReadOnlyList<Router> routers, SparsityOptions options)
    {
        (this.routers, factor) = (routers, (float)options.Factor);
        lambda.Span[0] = (float)options.Start;
    }

    // The paper's loss is a mean over the layers.
    public IEnumerable<BalanceTerm> Terms =>
        [new(new ReluSparsity(), 0) { Own = routers.ToDictionary(r => r, _ => lambda.Span[0] / routers.Count) }];

    public IEnumerable<(string Name, Tensor Value)> State => [("sparsity.lambda", lambda)];

    public bool OutlivesModel => true;

    public void After(int step, BalanceLedger ledger)
    {
        long active = 0, wanted = 0;
        foreach (var sums in routers.Select(ledger.Of).OfType<RouterSums>())
        {
            active += sums.Slots.Sum();
            wanted += (long)sums.Tokens * sums.Spec.Chosen;
        }
        lambda.Span[0] = Next(lambda.Span[0], active, wanted, factor);
    }

    /// <summary>Larger when more experts were active than wanted, smaller when fewer.</summary>
    internal static float Next(float lambda, long active, long wanted, float factor) =>
        active > wanted ? lambda * factor : active < wanted ? lambda / factor : lambda;

    public void Dispose() => lambda.Dispose();
}

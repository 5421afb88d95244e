using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Models.Experts.Objectives;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Experts.Objectives;

/// <summary>Over which tokens sums are taken: routers whose weight is the identity, so that what goes in are the logits.</summary>
public sealed class BalanceScopeTests : IDisposable
{
    const int Experts = 6;

    static readonly RouterSpec Spec = new() { Experts = Experts, Chosen = 2, Weight = CombineWeight.Raw };

    static readonly IBalanceObjective[] All =
    [
        new LoadBalance(), new LoadBalance(LoadCount.First), new GroupBalance(3), new SoftBalance(), new ZLoss(), new MutualInformation(), new GatingEntropy(),
        new ClusterVariance(VarianceForm.Apart, 2), new ImportanceVariation(), new ReluSparsity(),
    ];

    readonly Workspace workspace = new();

    public void Dispose() => workspace.Dispose();

    static Router Router()
    {
        var weight = new Tensor(Experts, Experts) { NeedsGradient = true };
        for (var e = 0; e < Experts; e++) weight.Row(e)[e] = 1;
        return new Router(Spec, weight);
    }

    static float[] Logits(int tokens)
    {
        using var tensor = new Tensor(tokens, Experts);
        ModelInitialiser.FillNormal(tensor.Span, new Random(4), 1);
        return tensor.Span.ToArray();
    }

    float[] Gradient(Router router, float[] values, BalanceObjectives objectives, AttentionSegment[]? sequences = null, bool recording = true)
    {
        var logits = new Tensor(values.Length / Experts, Experts, values) { NeedsGradient = true };
        workspace.Begin(recording);
        var routing = router.Route(workspace, logits, new PassInput { Tokens = default, Positions = default, Segments = sequences ?? [], Objectives = objectives }, null);
        if (!recording) return [];
        workspace.AddedGradient(routing.Weights);
        workspace.Backward();
        return logits.Gradient!.Span.ToArray();
    }

    [Fact]
    public void Passes_with_the_sums_of_the_step_have_the_gradient_of_one_pass()
    {
        var (router, values) = (Router(), Logits(12));
        foreach (var objective in All)
        {
            BalanceTerm[] terms = [new(objective, 0.7f)];
            var one = Gradient(router, values, new BalanceObjectives(terms));
            var whole = new BalanceLedger(terms);
            foreach (var part in new[] { values[..30], values[30..] })
            {
                var found = new BalanceLedger(terms);
                Gradient(router, part, new BalanceObjectives(terms) { Found = found }, recording: false);
                whole.Add(found);
            }
            float[] two =
            [
                .. Gradient(router, values[..30], new BalanceObjectives(terms) { Share = 5f / 12, Whole = whole }),
                .. Gradient(router, values[30..], new BalanceObjectives(terms) { Share = 7f / 12, Whole = whole }),
            ];
            Assert.Contains(one, g => Math.Abs(g) > 1e-4);
            for (var i = 0; i < one.Length; i++) Assert.Equal(one[i], two[i], 1e-6f);
            var ledger = new BalanceLedger(terms);
            Gradient(router, values, new BalanceObjectives(terms) { Found = ledger });
            Assert.Equal(ledger.Values(router)[0], whole.Values(router)[0], 1e-12);
        }
    }

    [Fact]
    public void Sequences_are_balanced_each_by_itself()
    {
        var (router, values) = (Router(), Logits(12));
        AttentionSegment[] sequences = [new(0, 5, 0, 5), new(5, 7, 5, 7)];
        foreach (var objective in All)
        {
            BalanceTerm[] terms = [new(objective, 0.7f, BalanceOver.Sequences)];
            var ledger = new BalanceLedger(terms);
            var together = Gradient(router, values, new BalanceObjectives(terms) { Found = ledger }, sequences);
            BalanceTerm[] plain = [new(objective, 0.7f)];
            BalanceLedger a = new(plain), b = new(plain);
            float[] alone =
            [
                .. Gradient(router, values[..30], new BalanceObjectives(plain) { Share = 5f / 12, Found = a }),
                .. Gradient(router, values[30..], new BalanceObjectives(plain) { Share = 7f / 12, Found = b }),
            ];
            for (var i = 0; i < alone.Length; i++) Assert.Equal(alone[i], together[i], 1e-6f);
            Assert.Equal(((5 * a.Values(router)[0]) + (7 * b.Values(router)[0])) / 12, ledger.Values(router)[0], 1e-12);
        }
    }

    [Fact]
    public void Layers_are_balanced_as_if_they_were_one()
    {
        var (first, second, values) = (Router(), Router(), Logits(12));
        foreach (var objective in All)
        {
            BalanceTerm[] terms = [new(objective, 0.7f, BalanceOver.Layers)];
            var whole = new BalanceLedger(terms);
            // Sums beforehand: in a model the second layer has passed before the first is asked for its gradient.
            foreach (var (router, part) in new[] { (first, values[..36]), (second, values[36..]) })
            {
                var found = new BalanceLedger(terms);
                Gradient(router, part, new BalanceObjectives(terms) { Found = found }, recording: false);
                whole.Add(found);
            }
            float[] layers =
            [
                .. Gradient(first, values[..36], new BalanceObjectives(terms) { Whole = whole }),
                .. Gradient(second, values[36..], new BalanceObjectives(terms) { Whole = whole }),
            ];
            BalanceTerm[] plain = [new(objective, 0.7f)];
            var ledger = new BalanceLedger(plain);
            var one = Gradient(first, values, new BalanceObjectives(plain) { Found = ledger });
            for (var i = 0; i < one.Length; i++) Assert.Equal(one[i], layers[i], 1e-6f);
            Assert.Equal(ledger.Values(first)[0], whole.Values(first)[0] + whole.Values(second)[0], 1e-12);
        }
    }

    [Fact]
    public void A_full_expert_counts_with_all_that_wanted_it()
    {
        var spec = new RouterSpec { Experts = 4, Chosen = 1, Weight = CombineWeight.Raw, Capacity = new CapacitySpec(1) };
        using var weight = new Tensor(4, 4);
        for (var e = 0; e < 4; e++) weight.Row(e)[e] = 1;
        using var logits = new Tensor(8, 4);
        for (var t = 0; t < 8; t++) logits.Row(t)[1] = 3;
        var router = new Router(spec, weight);
        var ledger = new BalanceLedger([new(new LoadBalance(), 1)]);
        workspace.Begin(recording: false);
        var routing = router.Route(workspace, logits, new PassInput
        {
            Tokens = default, Positions = default, Segments = new AttentionSegment[] { new(0, 8, 0, 8) }, Objectives = new BalanceObjectives([new(new LoadBalance(), 1)]) { Found = ledger },
        }, null);
        Assert.Equal(2, routing.Chosen.ToArray().Count(e => e == 1));
        Assert.Equal([0, 8, 0, 0], ledger.Of(router)!.Slots);
        Assert.Equal(4 * Math.Exp(3) / (Math.Exp(3) + 3), ledger.Values(router)[0], 1e-5);
    }

    [Fact]
    public void A_router_may_have_a_coefficient_of_its_own()
    {
        var (router, values) = (Router(), Logits(4));
        var own = new BalanceTerm(new LoadBalance(), 0) { Own = new Dictionary<Router, float> { [router] = 0.5f } };
        Assert.Equal(Gradient(router, values, new BalanceObjectives(0.5f, 0)), Gradient(router, values, new BalanceObjectives([own])));
        Assert.All(Gradient(Router(), values, new BalanceObjectives([own])), g => Assert.Equal(0, g));
    }
}

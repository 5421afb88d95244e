using Moesaic.Models.Experts;

namespace Moesaic.Models.Tests;

public class ParameterCountsTests
{
    public static TheoryData<string> Shapes => [.. Specs.Keys];

    static readonly Dictionary<string, ModelSpec> Specs = new()
    {
        ["dense"] = TinySpec.Of(TinySpec.Dense(), TinySpec.Dense(8)),
        ["tied"] = TinySpec.Of(TinySpec.Dense()) with { TiedEmbeddings = true },
        ["bias"] = TinySpec.Of() with { Layers = [new(TinySpec.Attention with { Bias = AttentionBias.All }, TinySpec.Dense())] },
        ["mixture"] = TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture()),
        ["shared"] = TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture(shared: 24)),
        ["keys biased"] = TinySpec.Of(TinySpec.Dense()).With(TinySpec.Attention with { Bias = AttentionBias.QueryKeyValue }),
        ["heads normed"] = TinySpec.Of(TinySpec.Dense()).With(TinySpec.Attention with { Norm = HeadNorm.Head }),
        ["all normed"] = TinySpec.Of(TinySpec.Dense()).With(TinySpec.Attention with { Norm = HeadNorm.Projection }),
        ["shared gate"] = TinySpec.Of(TinySpec.Mixture(shared: 10) with { SharedGate = SharedGate.Sigmoid }),
        ["latent"] = TinySpec.Of(TinySpec.SigmoidMixture()).With(TinySpec.Latent()),
        ["latent queries"] = TinySpec.Of(TinySpec.SigmoidMixture()).With(TinySpec.Latent(8, valueDim: 8)),
        ["attention experts"] = TinySpec.Of(TinySpec.Mixture()).With(AttentionCut.Spec(TinySpec.Attention, 1, ExpertKeys.All)),
        ["routed keys"] = TinySpec.Of(TinySpec.Dense()).With(AttentionCut.Spec(new(8, 4, 4) { Norm = HeadNorm.Head }, 3, ExpertKeys.Routed)),
        ["shared keys"] = TinySpec.Of(TinySpec.Dense()).With(new(12, 2, 8) { Experts = new(new RouterSpec { Experts = 3, Chosen = 2 }, ExpertKeys.Shared, false) }),
        ["no gate"] = TinySpec.Of(TinySpec.Dense() with { Activation = Activation.Gelu }, TinySpec.Mixture(shared: 8) with { Activation = Activation.Relu, ExpertBias = true }),
        ["shared mixed"] = TinySpec.Of(TinySpec.Mixture(shared: 8) with { SharedGate = SharedGate.Mix }),
        ["sinks"] = TinySpec.GptOss(),
        ["uneven"] = TinySpec.Of(TinySpec.Mixture() with { ExpertWidths = [4, 8, 12, 20] }),
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Counts_from_the_shape_equal_those_of_the_model(string name)
    {
        using var model = new Model(Specs[name]);
        var counts = ParameterCounts.Of(Specs[name]);
        Assert.Equal(model.Parameters.Sum(p => (long)p.Value.Count), counts.Total);
        Assert.Equal(
            model.Parameters.GroupBy(p => p.Role).OrderBy(g => g.Key).Select(g => (g.Key, g.Sum(p => (long)p.Value.Count))),
            counts.Roles.Select(r => (r.Role, r.Total)));
    }

    [Fact]
    public void A_token_uses_its_experts_and_all_of_the_rest()
    {
        var counts = ParameterCounts.Of(TinySpec.Of(TinySpec.Mixture(experts: 4, chosen: 1, width: 12, shared: 24)));
        const long expert = 3 * 12 * TinySpec.Width;
        Assert.Equal(counts.Total - (3 * expert), counts.Active);
        Assert.Equal(new RoleCount(ParameterRole.Experts, 4 * expert, expert), counts.Roles.Single(r => r.Role == ParameterRole.Experts));
        Assert.All(counts.Roles.Where(r => r.Role != ParameterRole.Experts), r => Assert.Equal(r.Total, r.Active));
    }

    [Fact]
    public void A_router_that_takes_all_experts_uses_all_and_training_counts_by_itself()
    {
        var dense = TinySpec.Mixture(experts: 4, chosen: 1, width: 12);
        var all = dense with { Router = dense.Router with { Weight = CombineWeight.Raw, Selection = new(SelectionKind.All) } };
        Assert.Equal(ParameterCounts.Of(TinySpec.Of(all)).Total, ParameterCounts.Of(TinySpec.Of(all)).Active);
        var inTraining = dense with { Router = dense.Router with { Weight = CombineWeight.Raw, Training = new() { Selection = new(SelectionKind.All) } } };
        var spec = TinySpec.Of(inTraining);
        Assert.Equal(ParameterCounts.Of(TinySpec.Of(dense)).Active, ParameterCounts.Of(spec).Active);
        Assert.Equal(ParameterCounts.Of(spec).Total, ParameterCounts.Of(spec, training: true).Active);
        var half = dense with { Router = dense.Router with { Chosen = 2, Policy = new RoutingPolicy { Chosen = 1 } } };
        Assert.Equal(ParameterCounts.Of(TinySpec.Of(dense)).Active, ParameterCounts.Of(TinySpec.Of(half)).Active);
    }

    [Fact]
    public void Measured_parameters_are_those_of_the_experts_that_tokens_had()
    {
        var spec = TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture(weight: CombineWeight.Raw) with { ExpertWidths = [4, 8, 12, 20] });
        using var model = TinySpec.Model(spec);
        var layer = new RoutingStatistics(4);
        var input = PassInput.Sequence(Passes.Tokens(13));
        input.Statistics = [layer];
        Passes.Logits(model, input);
        Assert.Equal(13, layer.Tokens);
        var expected = layer.Slots.ToArray().Zip([4, 8, 12, 20], (slots, width) => slots * 3.0 * width * TinySpec.Width).Sum() / 13;
        var measured = ParameterCounts.Measured(spec, [layer], []);
        Assert.Equal(expected, measured.Roles.Single(r => r.Role == ParameterRole.Experts).Active, 0.51);
        Assert.Equal(ParameterCounts.Of(spec).Total, measured.Total);
    }

    [Theory]
    [InlineData(ExpertKeys.Routed, 3 * 16)]
    [InlineData(ExpertKeys.All, (3 * 8) + (4 * 8))]
    public void Of_attention_experts_a_token_uses_those_it_chose_and_all_keys_where_they_are_not_routed(ExpertKeys keys, long active)
    {
        var counts = ParameterCounts.Of(TinySpec.Of(TinySpec.Dense()).With(AttentionCut.Spec(new(4, 4, 4), 3, keys)));
        Assert.Equal(new RoleCount(ParameterRole.Attention, 64 * TinySpec.Width, active * TinySpec.Width),
            counts.Roles.Single(r => r.Role == ParameterRole.Attention));
    }

    [Fact]
    public void Of_attention_experts_with_shared_keys_a_token_uses_its_experts_and_all_keys()
    {
        var heads = new AttentionSpec(12, 2, 4) { Experts = new(new RouterSpec { Experts = 3, Chosen = 1 }, ExpertKeys.Shared, false) };
        var counts = ParameterCounts.Of(TinySpec.Of(TinySpec.Dense()).With(heads)).Roles.Single(r => r.Role == ParameterRole.Attention);
        Assert.Equal(((2 * 48) + (2 * 8)) * TinySpec.Width, counts.Total);
        Assert.Equal(((2 * 16) + (2 * 8)) * TinySpec.Width, counts.Active);
    }

    [Fact]
    public void Of_uneven_experts_the_mean_counts() =>
        Assert.Equal(2 * 3 * 11 * TinySpec.Width, ParameterCounts.Of(TinySpec.Of(TinySpec.Mixture() with { ExpertWidths = [4, 8, 12, 20] }))
            .Roles.Single(r => r.Role == ParameterRole.Experts).Active);
}

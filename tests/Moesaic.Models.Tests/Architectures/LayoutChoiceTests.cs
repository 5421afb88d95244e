using Moesaic.Formats;
using Moesaic.Models.Architectures;

namespace Moesaic.Models.Tests.Architectures;

/// <summary>Every model goes into the most standard layout that holds it exactly, and says why not into those before.</summary>
public class LayoutChoiceTests
{
    static readonly AttentionSpec Biased = TinySpec.Attention with { Bias = true };
    static readonly ModelSpec Mixtures = TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture());

    public static TheoryData<string, string, string> Cases => new(Shapes.Select(s => (s.Key, s.Value.Type, s.Value.Reason)));

    internal static readonly Dictionary<string, (ModelSpec Spec, string Type, string Reason)> Shapes = new()
    {
        ["dense"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()), "llama", ""),
        ["dense, tied"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense()) with { TiedEmbeddings = true }, "llama", ""),
        ["dense, biased"] = (TinySpec.Of() with { Layers = [new(Biased, TinySpec.Dense()), new(Biased, TinySpec.Dense())] }, "llama", ""),
        ["dense, uneven"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Dense(8)), "moesaic", "different widths"),
        ["heads, uneven"] = (TinySpec.Of() with { Layers = [new(TinySpec.Attention, TinySpec.Dense()), new(new(2, 2, 8), TinySpec.Dense())] },
            "moesaic", "attention heads"),
        ["mixture"] = (Mixtures, "mixtral", "routed experts"),
        ["mixture, tied"] = (Mixtures with { TiedEmbeddings = true }, "mixtral", ""),
        ["softmax after selection"] = (TinySpec.Of(TinySpec.Mixture(weight: CombineWeight.Raw, affinity: RouterAffinity.SoftmaxAfterSelection)), "mixtral", ""),
        ["one expert, renormalised"] = (TinySpec.Of(TinySpec.Mixture(chosen: 1)), "mixtral", ""),
        ["scaled"] = (TinySpec.Of(TinySpec.Mixture(scale: 2.5f), TinySpec.Mixture(scale: 0.5f)), "mixtral", ""),
        ["one expert, raw"] = (TinySpec.Of(TinySpec.Mixture(chosen: 1, weight: CombineWeight.Raw)), "deepseek", "not renormalised"),
        ["raw, scaled"] = (TinySpec.Of(TinySpec.Mixture(weight: CombineWeight.Raw, scale: 3)), "deepseek", "not renormalised"),
        ["shared"] = (TinySpec.Of(TinySpec.Mixture(shared: 24)), "deepseek", "shared experts"),
        ["dense first"] = (TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture()), "deepseek", "first layer is dense"),
        ["mixture, biased"] = (TinySpec.Of() with { Layers = [new(Biased, TinySpec.Mixture())] }, "deepseek", "biases"),
        ["dense last"] = (TinySpec.Of(TinySpec.Mixture(), TinySpec.Dense()), "moesaic", "dense layers follow"),
        ["uneven experts"] = (TinySpec.Of(TinySpec.Mixture() with { ExpertWidths = [4, 8, 12, 20] }), "moesaic", "widths"),
        ["layers of different k"] = (TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture(chosen: 1)), "moesaic", "different numbers of experts"),
        ["layers of different e"] = (TinySpec.Of(TinySpec.Mixture(), TinySpec.Mixture(experts: 8)), "moesaic", "differ"),
        ["odd shared width"] = (TinySpec.Of(TinySpec.Mixture(shared: 16)), "moesaic", "multiple"),
        ["one expert, renormalised, shared"] = (TinySpec.Of(TinySpec.Mixture(chosen: 1, shared: 12)), "moesaic", "single expert"),
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_most_standard_layout_is_taken(string name, string type, string reason)
    {
        var chosen = ArchitectureRegistry.MostStandard(Shapes[name].Spec, out var refused);
        Assert.Equal(type, chosen.ModelType);
        Assert.Contains(reason, string.Join('\n', refused), StringComparison.Ordinal);
        Assert.Equal(ArchitectureRegistry.All.TakeWhile(a => a != chosen).Count(), refused.Count);
    }

    [Fact]
    public void A_layout_that_cannot_hold_the_model_is_refused_with_the_reason()
    {
        var message = Assert.Throws<BadRequestException>(() => ArchitectureRegistry.Named("mixtral", Shapes["shared"].Spec)).Message;
        Assert.Contains("shared experts", message, StringComparison.Ordinal);
        Assert.Contains("mistral", Assert.Throws<BadRequestException>(
            () => ArchitectureRegistry.Named("mistrall", Mixtures)).Message, StringComparison.Ordinal);
    }
}

using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;

namespace Moesaic.Methods.Tests.Construction.Plans;

public sealed class SplitPlanTests
{
    static SplitPlan Good(Model dense) => SplitTests.Plan(dense, 3, 1, 2);

    static SplitPlan With(SplitPlan plan, Func<LayerSplit, LayerSplit> change) => plan with { Layers = [change(plan.Layers[0]), plan.Layers[1]] };

    [Fact]
    public void It_survives_its_file()
    {
        using var folder = new TemporaryFolder();
        using var dense = TinyModel.Dense();
        var plan = With(Good(dense) with { Provenance = ["by hand"] }, l => l.WithRouter(new float[] { 1.5f, -2 }) with { Scale = 0.1f });
        plan.Save(folder["split_plan.json"]);
        var loaded = SplitPlan.Load(folder["split_plan.json"]);
        Assert.Equal(plan.ToJson(), loaded.ToJson());
        Assert.Equal(plan.Layers[0].Experts, loaded.Layers[0].Experts);
        Assert.Equal([1.5f, -2], loaded.Layers[0].RouterRows.ToArray());
        Assert.Contains("\"weight\": \"renormalised\"", plan.ToJson(), StringComparison.Ordinal);
        Assert.True(plan.ToJson().Split('\n').Length < 60, "index lists stand on one line");
    }

    [Fact]
    public void What_does_not_fit_is_refused_with_its_place()
    {
        using var dense = TinyModel.Dense();
        var good = Good(dense);
        good.Validate(dense.Spec);
        int[] first = good.Layers[0].Experts[0];

        Refused("layer 0: neuron 24 of expert 0", With(good, l => l with { Experts = [[.. first[1..], 24], .. l.Experts[1..]] }));
        Refused("layer 0: neuron " + l0(good).Shared[0], With(good, l => l with { Experts = [[.. first[1..], l.Shared[0]], .. l.Experts[1..]] }));
        Refused("1 neurons are in no expert, the first is " + first[0], With(good, l => l with { Experts = [first[1..], .. l.Experts[1..]] }));
        Refused("expert 1 has no neurons", With(good, l => l with { Experts = [[.. l.Experts[0], .. l.Experts[1]], [], l.Experts[2]] }));
        Refused("the model's is 24", With(good, l => l with { Width = 23 }));
        Refused("padded_width 3", With(good, l => l with { PaddedWidth = 3 }));
        Refused("layer 9", With(good, l => l with { Layer = 9 }));
        Refused("layers must rise", good with { Layers = [good.Layers[1], good.Layers[0]] });
        Refused("4 experts per token of 3", good with { Chosen = 4 });
        Refused("the scale is 0", With(good, l => l with { Scale = 0 }));
        Refused("the router has 8 bytes", With(good, l => l.WithRouter(new float[2])));
        Refused("no finite number", With(good, l => l.WithRouter([.. Enumerable.Repeat(float.NaN, 48)])));
        Refused("divides no layer", good with { Layers = [] });
        Refused("affinity sigmoid", good with { Affinity = RouterAffinity.Sigmoid });

        static LayerSplit l0(SplitPlan plan) => plan.Layers[0];

        void Refused(string message, SplitPlan plan) => Assert.Contains(message,
            Assert.Throws<BadRequestException>(() => plan.Validate(dense.Spec)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Overlap_is_allowed_where_it_is_declared_and_coverage_is_told()
    {
        using var dense = TinyModel.Dense();
        var good = Good(dense);
        Assert.Equal(1, good.Layers[0].Coverage);
        var repeated = good.Layers[0].Experts[0][0];
        LayerSplit Overlap(LayerSplit l) => l with { Overlapping = true, Experts = [l.Experts[0], l.Experts[0], l.Experts[2]] };
        var plan = With(good, Overlap);
        plan.Validate(dense.Spec);
        Assert.Equal(0.75, plan.Layers[0].Coverage);
        Assert.Contains("\"overlapping\": true", plan.ToJson(), StringComparison.Ordinal);
        Assert.DoesNotContain("overlapping", good.ToJson(), StringComparison.Ordinal);
        Assert.Throws<BadRequestException>(() => With(good, l => Overlap(l) with { Overlapping = false }).Validate(dense.Spec));
        // Not even an overlapping expert holds a neuron twice.
        Assert.Throws<BadRequestException>(() => With(good, l => Overlap(l) with { Experts = [[repeated, repeated], .. l.Experts[1..]] }).Validate(dense.Spec));
    }

    [Fact]
    public void A_mixture_cannot_be_split_again()
    {
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, Good(dense));
        Assert.Contains("mixture already", Assert.Throws<BadRequestException>(() => Good(dense).Validate(mixture.Spec)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("no json")]
    [InlineData("""{"method":"m","seed":1,"chosen":1,"weight":"raw","layers":[{"layer":0,"width":2,"padded_width":2,"experts":[["a"]]}]}""")]
    [InlineData("""{"method":"m","seed":1,"chosen":1,"weight":"raw","layers":[],"colour":"blue"}""")]
    [InlineData("""{"method":"m","seed":1,"chosen":1,"weight":0,"layers":[]}""")]
    public void A_damaged_file_is_refused(string text)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["plan.json"], text);
        Assert.Contains("plan.json", Assert.Throws<BadRequestException>(() => SplitPlan.Load(folder["plan.json"])).Message, StringComparison.Ordinal);
        Assert.Throws<BadRequestException>(() => SplitPlan.Load(folder["missing.json"]));
    }

    [Fact]
    public void Widths_that_do_not_divide_are_refused_or_padded()
    {
        var refusal = Assert.Throws<BadRequestException>(() => PartSizes.Of(26, 7, 1, PaddingRule.Refuse, 3)).Message;
        Assert.Contains("Layer 3", refusal, StringComparison.Ordinal);
        Assert.Contains("2, 13", refusal, StringComparison.Ordinal);
        Assert.Equal(new PartSizes(26, 7, 1, 4), PartSizes.Of(26, 7, 1, PaddingRule.Zeros, 3));
        Assert.Equal(32, PartSizes.Of(26, 7, 1, PaddingRule.Zeros, 3).PaddedWidth);
        Assert.Throws<BadRequestException>(() => PartSizes.Of(4, 5, 0, PaddingRule.Zeros, 0));
    }
}

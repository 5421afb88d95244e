using Moesaic.Formats;
using Moesaic.Methods.Construction;
using Moesaic.Methods.Construction.Divisions;
using Moesaic.Methods.Construction.Plans;
using Moesaic.Methods.Tests.Steps;
using Moesaic.Models;
using Moesaic.Models.Loading;

namespace Moesaic.Methods.Tests.Construction;

public sealed class SplitTests
{
    static readonly int[] Tokens = TinyModel.Tokens(40);

    internal static SplitPlan Plan(Model dense, int experts, int shared, int chosen, PaddingRule padding = PaddingRule.Refuse,
        CombineWeight weight = CombineWeight.Renormalised, float scale = 1, byte[]? router = null) => new()
        {
            Method = "random",
            Seed = 5,
            Chosen = chosen,
            Weight = weight,
            Layers = [.. Enumerable.Range(0, dense.Spec.Layers.Count).Select(l => RandomSplit.Divide(l,
                PartSizes.Of(((DenseSpec)dense.Spec.Layers[l].FeedForward).Width, experts, shared, padding, l), 5)
                with { Scale = scale, Router = router })],
        };

    /// <summary>All experts on, equal weights, scale E: the disjoint split is the dense model.</summary>
    [Theory]
    [InlineData(24, 8, 0, PaddingRule.Refuse)]
    [InlineData(24, 7, 1, PaddingRule.Refuse)]
    [InlineData(24, 4, 2, PaddingRule.Refuse)]
    [InlineData(26, 8, 0, PaddingRule.Zeros)]
    [InlineData(25, 6, 1, PaddingRule.Zeros)]
    [InlineData(24, 1, 0, PaddingRule.Refuse)]
    [InlineData(24, 24, 0, PaddingRule.Refuse)]
    [InlineData(24, 12, 12, PaddingRule.Refuse)]
    public void With_all_experts_on_it_is_the_dense_model(int inner, int experts, int shared, PaddingRule padding)
    {
        using var dense = TinyModel.Dense(inner: inner);
        var router = new byte[experts * dense.Spec.Width * sizeof(float)];
        // Weights by level are those of a router of groups, which no split makes.
        foreach (var weight in Enum.GetValues<CombineWeight>().Where(w => w != CombineWeight.RenormalisedByLevel))
        {
            using var mixture = Split.Apply(dense,
                Plan(dense, experts, shared, experts, padding, weight, weight == CombineWeight.One ? 1 : experts, router));
            Assert.InRange(TinyModel.MaxDifference(TinyModel.Logits(dense, Tokens), TinyModel.Logits(mixture, Tokens)), 0, 1e-5);
        }
    }

    static readonly Dictionary<string, (AttentionSpec Attention, CombineWeight Weight, string Layout)> Attentions = new()
    {
        ["heads normed"] = (new AttentionSpec(2, 1, 8) { Norm = HeadNorm.Head }, CombineWeight.Renormalised, "qwen3_moe"),
        ["all normed"] = (new AttentionSpec(2, 1, 8) { Norm = HeadNorm.Projection }, CombineWeight.Raw, "olmoe"),
        ["keys biased"] = (new AttentionSpec(2, 1, 8, AttentionBias.QueryKeyValue), CombineWeight.Renormalised, "moesaic"),
        ["latent"] = (new AttentionSpec(2, 2, 8) { Latent = new LatentSpec(6, 10, 4, 6) }, CombineWeight.Raw, "deepseek_v2"),
    };

    public static TheoryData<string> AttentionNames => [.. Attentions.Keys];

    /// <summary>Attention is not touched: whatever it is, the feed-forward beside it can be split, and the most standard layout found.</summary>
    [Theory]
    [MemberData(nameof(AttentionNames))]
    public void Every_attention_may_stand_beside_it(string name)
    {
        var (attention, weight, layout) = Attentions[name];
        using var folder = new TemporaryFolder();
        using var dense = TinyModel.Dense(attention: attention);
        using var mixture = Split.Apply(dense, Plan(dense, 8, 0, 8, weight: weight, scale: 8, router: new byte[8 * 16 * sizeof(float)]));
        Assert.InRange(TinyModel.MaxDifference(TinyModel.Logits(dense, Tokens), TinyModel.Logits(mixture, Tokens)), 0, 1e-5);
        Assert.Equal(layout, ModelFolder.Save(mixture, folder["model"], new SaveOptions { Type = TensorType.F32 }).Architecture.ModelType);
        using var loaded = ModelFolder.Load(folder["model"]);
        Assert.InRange(TinyModel.MaxDifference(TinyModel.Logits(dense, Tokens), TinyModel.Logits(loaded.Model, Tokens)), 0, 1e-5);
    }

    [Fact]
    public void With_one_expert_off_it_is_not()
    {
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, Plan(dense, 8, 0, 7, scale: 8, router: new byte[8 * 16 * 4]));
        Assert.True(TinyModel.MaxDifference(TinyModel.Logits(dense, Tokens), TinyModel.Logits(mixture, Tokens)) > 1e-2);
    }

    [Fact]
    public void The_seed_alone_decides()
    {
        using var dense = TinyModel.Dense();
        using var one = Split.Apply(dense, Plan(dense, 8, 0, 2));
        using var same = Split.Apply(dense, Plan(dense, 8, 0, 2));
        using var other = Split.Apply(dense, Plan(dense, 8, 0, 2) with { Seed = 6 });
        Assert.Equal(TinyModel.Logits(one, Tokens), TinyModel.Logits(same, Tokens));
        Assert.NotEqual(TinyModel.Logits(one, Tokens), TinyModel.Logits(other, Tokens));
        Assert.NotEqual(Plan(dense, 8, 0, 2).Layers[0].Experts[0], Plan(dense, 8, 0, 2).Layers[1].Experts[0]);
    }

    /// <summary>Every kind of folder gives the same model back: scale folded (Mixtral, DeepSeek) or kept (ours).</summary>
    [Theory]
    [InlineData(8, 0, 2, CombineWeight.Renormalised, "mixtral")]
    [InlineData(7, 1, 2, CombineWeight.Renormalised, "deepseek")]
    [InlineData(8, 0, 1, CombineWeight.Raw, "deepseek")]
    [InlineData(7, 1, 1, CombineWeight.Raw, "deepseek")]
    [InlineData(7, 1, 1, CombineWeight.Renormalised, "moesaic")]
    public void It_survives_its_folder(int experts, int shared, int chosen, CombineWeight weight, string layout)
    {
        using var folder = new TemporaryFolder();
        using var dense = TinyModel.Dense();
        using var mixture = Split.Apply(dense, Plan(dense, experts, shared, chosen, weight: weight, scale: 3.7f));
        var saved = ModelFolder.Save(mixture, folder["model"], new SaveOptions { Type = TensorType.F32 });
        using var loaded = ModelFolder.Load(folder["model"]);
        Assert.Equal(layout, saved.Architecture.ModelType);
        Assert.InRange(TinyModel.MaxDifference(TinyModel.Logits(mixture, Tokens), TinyModel.Logits(loaded.Model, Tokens)), 0, 1e-5);
    }
}

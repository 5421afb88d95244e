using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Architectures;
using Moesaic.Models.Gguf;

namespace Moesaic.Models.Tests.Architectures;

/// <summary>Our own layout holds every setting of a router, the published ones refuse what they have no key for.</summary>
public class RouterLayoutTests
{
    static readonly RouterSpec Plain = new() { Experts = 4, Chosen = 2 };

    /// <summary>Each setting that no published layout has, by its property.</summary>
    internal static readonly (string Property, RouterSpec Router)[] Unpublished =
    [
        (nameof(RouterSpec.Key), Plain with { Key = RouterKey.Sequence }),
        (nameof(RouterSpec.Key), Plain with { Key = RouterKey.Prefix }),
        (nameof(RouterSpec.Keys), Plain with { Key = RouterKey.Task, Keys = 3, KeyWidth = 5 }),
        (nameof(RouterSpec.KeyWidth), Plain with { Key = RouterKey.Cluster, Keys = 3, KeyWidth = 5, Temperature = 0.05f }),
        (nameof(RouterSpec.Score), Plain with { Key = RouterKey.Task, Keys = 3, Score = RouterScore.Table }),
        (nameof(RouterSpec.HashSeed), Plain with { Key = RouterKey.TokenId, Score = RouterScore.Hash, HashSeed = ulong.MaxValue }),
        (nameof(RouterSpec.ScoreWidth), Plain with { Score = RouterScore.Cosine, ScoreWidth = 3 }),
        (nameof(RouterSpec.Norm), Plain with { Norm = new LogitNorm(2) }),
        (nameof(RouterSpec.Norm), Plain with { Norm = new LogitNorm(1, LogitDeviation.Sample) }),
        (nameof(RouterSpec.Temperature), Plain with { Temperature = 0.5f }),
        (nameof(RouterSpec.Noise), Plain with { Noise = RouterNoise.Gumbel }),
        (nameof(RouterSpec.NoiseDeviation), Plain with { Noise = RouterNoise.Normal, NoiseDeviation = 0.1f }),
        (nameof(RouterSpec.Affinity), Plain with { Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw, Selection = new(SelectionKind.Positive) }),
        (nameof(RouterSpec.Affinity), Plain with { Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw }),
        (nameof(RouterSpec.Selection), Plain with { Selection = new(SelectionKind.Above) { Threshold = 0.5f } }),
        (nameof(RouterSpec.Selection), Plain with { Selection = new(SelectionKind.ExpertChoice) }),
        (nameof(RouterSpec.Group), Plain with { Selection = new(SelectionKind.AverageAbove) { Threshold = 1 }, Group = RoutingGroup.Pass }),
        (nameof(RouterSpec.Groups), Plain with { Groups = new ExpertGroups(2, 1, GroupScore.Own) }),
        (nameof(RouterSpec.Groups), Plain with { Groups = new ExpertGroups(2, 2, GroupScore.Best) { PerGroup = 1 } }),
        (nameof(RouterSpec.Weight), Plain with { Groups = new ExpertGroups(2, 1, GroupScore.Own), Weight = CombineWeight.RenormalisedByLevel }),
        (nameof(RouterSpec.RenormaliseAfterDrops), Plain with { Capacity = new CapacitySpec(1.25f), RenormaliseAfterDrops = true }),
        (nameof(RouterSpec.PassThrough), Plain with { Weight = CombineWeight.Raw, PassThrough = true }),
        (nameof(RouterSpec.Capacity), Plain with
        {
            Capacity = new CapacitySpec(1.25f)
            {
                PerChoice = false, Rounding = CapacityRounding.Down, Minimum = 4, Multiple = 8, Order = CapacityOrder.Priority,
                Overflow = CapacityOverflow.NextChoice,
            },
        }),
        (nameof(RouterSpec.Map), Plain with { Map = new ProbabilityMap(4, 2, [1, 0, 0.1f, -0.5f, 1, 1, 0, 2]) }),
        (nameof(RouterSpec.Policy), Plain with { Policy = new() { Ratios = [0.4f], Share = 0.9f, Masked = [3] } }),
        (nameof(RouterSpec.Training), Plain with { Training = new() { InputJitter = 0.01f } }),
        (nameof(RouterSpec.Training), Plain with
        {
            Training = new() { Selection = new(SelectionKind.SecondSampled) { Threshold = 0.2f }, Capacity = new(1) { Order = CapacityOrder.Random } },
        }),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Unpublished.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_setting_without_a_published_key_goes_to_our_own_layout_and_comes_back(int setting)
    {
        var router = Unpublished[setting].Router;
        router.Validate("here");
        var json = new JsonObject();
        MoesaicRouter.Write(router, json);
        Assert.Equal(router, MoesaicRouter.Read(HfConfig.From(json), 4));

        foreach (var shared in new[] { 0, 24 })
            foreach (var attention in new[] { TinySpec.Attention, TinySpec.Attention with { Norm = HeadNorm.Head }, TinySpec.Latent() })
                foreach (var change in new Func<RouterSpec, RouterSpec>[] { r => r, r => r.SumsToScale ? r : r with { Scale = 2 } })
                {
                    if (router.PassThrough && change(router).Scale != 1) continue;
                    var spec = TinySpec.Of(new MixtureSpec(change(router), [12, 12, 12, 12], shared)).With(attention);
                    Assert.All(ArchitectureRegistry.All.Where(a => a.ModelType != "moesaic"), a => Assert.NotNull(a.WhyNot(spec)));
                    Assert.Equal("moesaic", ArchitectureRegistry.MostStandard(spec, out _).ModelType);
                    Assert.Throws<BadRequestException>(() => GgufArchitectures.For(spec));
                }
    }

    /// <summary>A setting that is added must be refused by the published layouts, or be one of theirs.</summary>
    [Fact]
    public void Every_setting_is_published_or_tested_here()
    {
        string[] published =
        [
            nameof(RouterSpec.Experts), nameof(RouterSpec.Chosen), nameof(RouterSpec.Bias), nameof(RouterSpec.SelectionBias), nameof(RouterSpec.Scale),
        ];
        Assert.Equal(typeof(RouterSpec).GetProperties().Where(p => p.CanWrite).Select(p => p.Name).Order(),
            Unpublished.Select(u => u.Property).Concat(published).Distinct().Order());
    }

    [Fact]
    public void A_plain_router_writes_the_keys_it_always_did()
    {
        var json = new JsonObject();
        MoesaicRouter.Write(Plain, json);
        Assert.Equal(["num_experts_per_tok", "affinity", "combine_weight", "scale"], json.Select(p => p.Key));
    }
}

using System.Text.Json.Nodes;
using Moesaic.Formats;
using Moesaic.Models.Architectures;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Models.Loading;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests;

public sealed class RoutingPolicyTests
{
    public static TheoryData<string> Routers => new(Kinds.Keys.Order(StringComparer.Ordinal));

    static readonly Dictionary<string, MixtureSpec> Kinds = new(StringComparer.Ordinal)
    {
        ["renormalised"] = TinySpec.Mixture(experts: 8, chosen: 4),
        ["raw"] = TinySpec.Mixture(experts: 8, chosen: 4, weight: CombineWeight.Raw, shared: 12),
        ["softmax after"] = TinySpec.Mixture(experts: 8, chosen: 4, affinity: RouterAffinity.SoftmaxAfterSelection, scale: 2),
        ["one"] = TinySpec.Mixture(experts: 8, chosen: 4, weight: CombineWeight.One),
        ["sigmoid, bias, groups"] = TinySpec.SigmoidMixture(),
        ["raw sigmoid"] = TinySpec.SigmoidMixture(weight: CombineWeight.Raw, groups: false),
        ["second above"] = With(2, r => r with { Selection = new SelectionRule(SelectionKind.SecondAbove) { Threshold = 0.1f } }),
        ["near best"] = With(4, r => r with { Selection = new SelectionRule(SelectionKind.NearBest) { Threshold = 0.8f }, Weight = CombineWeight.Raw }),
        ["relu"] = With(4, r => r with { Affinity = RouterAffinity.Relu, Weight = CombineWeight.Raw }),
        ["capacity"] = With(2, r => r with { Capacity = new CapacitySpec(1) }),
        ["absent"] = With(4, r => r) with { ExpertWidths = [12, 0, 12, 12, 0, 12, 12, 12] },
    };

    static MixtureSpec With(int chosen, Func<RouterSpec, RouterSpec> change) => TinySpec.Mixture(experts: 8, chosen: chosen) is var m ? m with { Router = change(m.Router) } : m;

    static MixtureSpec With(MixtureSpec mixture, RoutingPolicy? policy) => mixture with { Router = mixture.Router with { Policy = policy } };

    [Theory]
    [MemberData(nameof(Routers))]
    public void What_takes_nothing_away_is_the_baseline(string kind)
    {
        var mixture = Kinds[kind];
        using var model = TinySpec.Model(TinySpec.Of(mixture, mixture));
        var expected = Passes.Logits(model, 30);
        foreach (var policy in new RoutingPolicy[]
        {
            new(), new() { Ratios = [0] }, new() { Share = 1 }, new() { Threshold = 0 }, new() { Chosen = mixture.Router.Chosen },
            new() { Ratios = [1], Protection = new TokenProtection(1) }, new() { Renormalise = false }, new() { Threshold = 1e-30f },
        })
        {
            if (policy.WhyNot(mixture.Router) is not null) continue;
            using var same = ModelCopy.InShape(model, TinySpec.Of(With(mixture, policy), With(mixture, policy)));
            Assert.Equal(expected, Passes.Logits(same, 30));
        }
    }

    [Theory]
    [InlineData("renormalised")]
    [InlineData("softmax after")]
    [InlineData("raw")]
    [InlineData("sigmoid, bias, groups")]
    public void Fewer_experts_are_those_of_a_router_that_chooses_fewer(string kind)
    {
        var mixture = Kinds[kind];
        using var model = TinySpec.Model(TinySpec.Of(With(mixture, new() { Chosen = 2 })));
        using var fewer = ModelCopy.InShape(model, TinySpec.Of(mixture with { Router = mixture.Router with { Chosen = 2 } }));
        Assert.Equal(Passes.Logits(fewer, 30), Passes.Logits(model, 30));
        var (statistics, _) = Run(model, 30);
        Assert.Equal(2, statistics.PerToken);
    }

    [Theory]
    [MemberData(nameof(Routers))]
    public void Rules_take_away_what_they_say(string kind)
    {
        var mixture = Kinds[kind];
        using var model = TinySpec.Model(TinySpec.Of(mixture));
        foreach (var policy in new RoutingPolicy[]
        {
            new() { Ratios = [0.9f, 0.5f] }, new() { Share = 0.6f }, new() { Share = 0.4f, ShareOfAll = true }, new() { Threshold = 1.1f },
            new() { Ratios = [0.7f], Renormalise = false }, new() { Share = 0.7f, Renormalise = true },
        })
        {
            if (policy.WhyNot(mixture.Router) is not null) continue;
            var before = Decide(model, null);
            var after = Decide(model, policy);
            var gone = 0;
            for (var t = 0; t < before.Chosen.Length; t++)
            {
                var (affinities, chosen, weights) = (before.Affinities[t], before.Chosen[t], before.Weights[t]);
                int[] stays = [.. chosen.Where(e => Stays(policy, affinities, chosen, e))];
                Assert.Equal(stays, after.Chosen[t]);
                gone += chosen.Length - stays.Length;
                double all = chosen.Sum(e => (double)weights[Array.IndexOf(chosen, e)]), left = stays.Sum(e => (double)weights[Array.IndexOf(chosen, e)]);
                var raised = (policy.Renormalise ?? mixture.Router.SumsToScale) ? all / left : 1;
                for (var j = 0; j < stays.Length; j++)
                    Assert.Equal(weights[Array.IndexOf(chosen, stays[j])] * raised, after.Weights[t][j], 1e-5);
            }
            Assert.True(gone > 0 || mixture.Router.Capacity is not null || mixture.HasAbsent, $"{policy} took nothing away");
        }
    }

    // The definition, written the slow way. Absent experts, capacities and the order of a bias are left to other tests.
    static bool Stays(RoutingPolicy policy, float[] a, int[] chosen, int e)
    {
        int[] ranked = [.. chosen.OrderByDescending(x => a[x])];
        var rank = Array.IndexOf(ranked, e);
        if (rank == 0) return true;
        double before = ranked.Take(rank).Sum(x => (double)a[x]), total = policy.ShareOfAll ? a.Sum(x => (double)x) : chosen.Sum(x => (double)a[x]);
        var reach = ranked.Index().Skip(1).Count(r => a[r.Item] >= (policy.Ratios.Count == 0 ? 0 : policy.Ratios[Math.Min(r.Index, policy.Ratios.Count) - 1]) * a[ranked[0]]);
        return rank <= reach && (policy.Share == 1 || before < policy.Share * total)
            && (policy.Threshold == 0 || a[e] * a.Length > policy.Threshold * a.Sum(x => (double)x));
    }

    static (float[][] Affinities, int[][] Chosen, float[][] Weights) Decide(Model model, RoutingPolicy? policy)
    {
        var router = model.Mixtures.First().Router;
        if (router.Absent.Length > 0 || router.Spec.Capacity is not null) return ([], [], []);
        using var workspace = new Workspace();
        using var x = Differences.Random(40, TinySpec.Width, 3);
        workspace.Begin(recording: false);
        var input = PassInput.Sequence(Passes.Tokens(40));
        if (policy is not null) input.Policies = new PassPolicies(model, RoutingPolicies.Everywhere(model.Spec, policy));
        var routing = router.Route(workspace, x, input, null);
        var logits = router.Score.Logits(workspace, x);
        return ([.. Enumerable.Range(0, 40).Select(t => Affinities(router.Spec.Affinity, logits.Row(t).ToArray()))],
            [.. Enumerable.Range(0, 40).Select(t => Selection.Filled(routing.Chosen.Span.Slice(t * routing.Weights.Columns, routing.Weights.Columns)).ToArray())],
            [.. Enumerable.Range(0, 40).Select(t => routing.Weights.Row(t).ToArray())]);
    }

    static float[] Affinities(RouterAffinity kind, float[] z) => kind switch
    {
        RouterAffinity.Sigmoid => [.. z.Select(v => 1 / (1 + MathF.Exp(-v)))],
        RouterAffinity.Relu => [.. z.Select(v => MathF.Max(0, v))],
        _ => [.. z.Select(v => MathF.Exp(v - z.Max()) / z.Sum(o => MathF.Exp(o - z.Max())))],
    };

    [Theory]
    [InlineData("renormalised")]
    [InlineData("raw sigmoid")]
    [InlineData("sigmoid, bias, groups")]
    public void Masked_experts_are_as_good_as_gone(string kind)
    {
        var mixture = Kinds[kind];
        using var model = TinySpec.Model(TinySpec.Of(With(mixture, new() { Masked = [2, 3] })));
        // A bias that would put them first must not.
        if (mixture.Router.SelectionBias) model["model.layers.0.mlp.gate.e_score_correction_bias"].Span[2] = 5;
        using var folder = new TemporaryFolder();
        ModelFolder.Save(model, folder["whole"], new SaveOptions { Type = TensorType.F32 });
        using var sliced = ModelFolder.Load(folder["whole"], selection: new([new(0) { Experts = [0, 1, 4, 5, 6, 7] }]));
        Assert.Empty(((MixtureSpec)sliced.Model.Spec.Layers[0].FeedForward).Router.Policy!.Masked);
        Assert.InRange(Passes.MaxDifference(Passes.Logits(sliced.Model, 30), Passes.Logits(model, 30)), 0, 2e-5);
    }

    [Fact]
    public void Weights_may_be_raised_over_the_experts_that_are_there()
    {
        using var model = TinySpec.Model(TinySpec.Of(Kinds["absent"]));
        var router = model.Mixtures.First().Router;
        using var x = Differences.Random(40, TinySpec.Width, 3);
        foreach (var (policy, raised) in new[] { (new RoutingPolicy(), false), (new RoutingPolicy { RenormaliseAbsent = true }, true), (new RoutingPolicy { RenormaliseAbsent = true, Ratios = [0.5f] }, true) })
        {
            using var workspace = new Workspace();
            workspace.Begin(recording: false);
            var input = PassInput.Sequence(Passes.Tokens(40));
            input.Policies = new PassPolicies(model, RoutingPolicies.Everywhere(model.Spec, policy));
            var routing = router.Route(workspace, x, input, null);
            float[] sums = [.. Enumerable.Range(0, 40).Select(t => routing.Weights.Row(t).ToArray().Sum())];
            Assert.DoesNotContain(routing.Chosen.ToArray(), e => e is 1 or 4);
            if (raised) Assert.All(sums, s => Assert.Equal(s == 0 ? 0 : 1, s, 1e-5));
            else Assert.Contains(sums, s => s < 0.99);
        }
    }

    [Fact]
    public void Training_and_gradients_know_no_policy()
    {
        var mixture = Kinds["renormalised"];
        using var model = TinySpec.Model(TinySpec.Of(With(mixture, new() { Chosen = 1 })));
        using var plain = ModelCopy.InShape(model, TinySpec.Of(mixture));
        var input = PassInput.Sequence(Passes.Tokens(20));
        input.Training = true;
        Assert.Equal(Passes.Logits(plain, 20), Passes.Logits(model, input));
        Assert.NotEqual(Passes.Logits(plain, 20), Passes.Logits(model, 20));
        using var workspace = new Workspace();
        workspace.Begin(recording: true);
        Assert.Equal(Passes.Logits(plain, 20), model.Logits(workspace, model.Hidden(workspace, PassInput.Sequence(Passes.Tokens(20)))).Span.ToArray());
    }

    [Fact]
    public void A_map_of_the_identity_is_no_map()
    {
        var mixture = Kinds["renormalised"];
        using var model = TinySpec.Model(TinySpec.Of(mixture));
        using var mapped = ModelCopy.InShape(model, TinySpec.Of(mixture with { Router = mixture.Router with { Map = Map(8, (i, j) => i == j ? 1 : 0) } }));
        Assert.Equal(Passes.Logits(model, 30), Passes.Logits(mapped, 30));
    }

    [Fact]
    public void A_map_that_picks_rows_is_a_router_without_them()
    {
        // One-hot rows: pruning written as a map; softmax over all is renormalised over the chosen of those that are left.
        int[] kept = [6, 1, 3, 4];
        var mixture = Kinds["renormalised"] with { Router = Kinds["renormalised"].Router with { Chosen = 2 } };
        using var model = TinySpec.Model(TinySpec.Of(mixture));
        using var folder = new TemporaryFolder();
        ModelFolder.Save(model, folder["whole"], new SaveOptions { Type = TensorType.F32 });
        using var sliced = ModelFolder.Load(folder["whole"], selection: new([new(0) { Experts = kept }]));

        using var mapped = new Model(TinySpec.Of(mixture with
        {
            ExpertWidths = [12, 12, 12, 12],
            Router = mixture.Router with { Experts = 4, Map = new ProbabilityMap(4, 8, [.. kept.SelectMany(k => Enumerable.Range(0, 8).Select(j => j == k ? 1f : 0))]) },
        }));
        foreach (var p in mapped.Parameters)
            (p.Role == ParameterRole.Router ? model[p.Name] : sliced.Model[p.Name]).Span.CopyTo(p.Value.Span);
        Assert.InRange(Passes.MaxDifference(Passes.Logits(sliced.Model, 30), Passes.Logits(mapped, 30)), 0, 2e-5);
    }

    [Fact]
    public void Gradients_go_through_a_map()
    {
        var random = new Random(3);
        var router = new RouterSpec { Experts = 4, Chosen = 2, Weight = CombineWeight.Raw, Map = new ProbabilityMap(4, 6, [.. Enumerable.Range(0, 24).Select(_ => (float)random.NextDouble())]) };
        using var weight = Differences.Random(6, 5, 1);
        using var x = Differences.Random(3, 5, 2);
        var made = new Router(router, weight);
        Differences.Check(workspace => [made.Route(workspace, x, PassInput.Sequence([1, 2, 3]), null).Weights], weight);
    }

    [Fact]
    public void Received_attention_is_the_mean_over_the_queries_that_see_a_token()
    {
        var (heads, dim, count) = (4, 8, 9);
        using var q = Differences.Random(count + 2, heads * dim, 1);
        using var k = Differences.Random(count + 2, 2 * dim, 2);
        var shape = new Kernels.AttentionShape(heads, 2, dim, 0.3f);
        var received = new float[count + 2];
        ReceivedAttention.Compute(shape, [new(1, count, 1, count), new(count + 1, 1, count + 1, 1)], q.Span, k.Span, [], received);
        Assert.Equal(0, received[0]);
        Assert.Equal(0, received[count + 1]);
        var expected = new double[count];
        double all = 0;
        for (var h = 0; h < heads; h++)
            for (var i = 0; i < count; i++)
            {
                double[] s = [.. Enumerable.Range(0, i + 1).Select(j => Math.Exp(0.3 * Enumerable.Range(0, dim).Sum(c => (double)q.Row(1 + i)[(h * dim) + c] * k.Row(1 + j)[(h / 2 * dim) + c])))];
                for (var j = 0; j <= i; j++) expected[j] += s[j] / s.Sum() / heads;
            }
        for (var j = 0; j < count; j++)
        {
            all += expected[j];
            Assert.Equal(expected[j] / (count - j), received[1 + j], 1e-5);
        }
        Assert.Equal(count, all, 1e-5);         // each query gives 1 away: over keys the sum would be constant
        Assert.True(received[1..^1].Max() > 1.5 * received[1..^1].Min());
    }

    [Fact]
    public void Protected_tokens_keep_their_experts_and_dropped_ones_have_none()
    {
        var mixture = Kinds["renormalised"];
        var policy = new RoutingPolicy { Chosen = 1, Protection = new TokenProtection(0.1f, 0.25f) };
        using var model = TinySpec.Model(TinySpec.Of(TinySpec.Dense(), With(mixture, policy)));
        var (statistics, counts) = Run(model, 20);
        Assert.Equal(2, counts.Count(c => c == 4));        // a tenth of 20, rounded up
        Assert.Equal(5, counts.Count(c => c == 0));
        Assert.Equal(13, counts.Count(c => c == 1));
        Assert.Equal(5, statistics.Unrouted);
        // A token alone, as in decoding, is neither.
        Assert.Equal([1], Run(model, 1).Counts);
    }

    [Fact]
    public void Protection_needs_plain_heads_and_looks_ahead()
    {
        var mixture = With(Kinds["renormalised"], new() { Chosen = 1, Protection = new TokenProtection(0.1f) });
        Assert.NotNull(RoutingPolicies.WhyNot(new LayerSpec(TinySpec.Latent(), mixture)));
        Assert.Null(RoutingPolicies.WhyNot(new LayerSpec(TinySpec.Attention, mixture)));
        Assert.False(mixture.Router.Causal);
        Assert.Contains("later tokens", mixture.Router.LooksAt, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Routers))]
    public void Policies_are_kept_in_configjson(string kind)
    {
        var mixture = Kinds[kind];
        foreach (var policy in new RoutingPolicy[]
        {
            new() { Chosen = 1 }, new() { Ratios = [0.3f, 0.25f], Share = 0.9f, ShareOfAll = true, Threshold = 0.125f, Renormalise = false, Masked = [7] },
            new() { Ratios = [0.4f], Protection = new TokenProtection(0.02f, 0.01f) },
        })
        {
            if (policy.WhyNot(mixture.Router) is not null) continue;
            var spec = TinySpec.Of(With(mixture, policy), TinySpec.Dense());
            var layout = ArchitectureRegistry.MostStandard(spec, out var refused);
            Assert.Equal("moesaic", layout.ModelType);
            Assert.NotEmpty(refused);
            Assert.Equal(spec.Layers, layout.ReadSpec(HfConfig.From(layout.WriteConfig(spec, TensorType.F32))).Layers);
        }
        var mapped = TinySpec.Of(Kinds["renormalised"] with { Router = Kinds["renormalised"].Router with { Map = Map(8, (i, j) => (i + 0.1f) / (j + 1)) } });
        var moesaic = ArchitectureRegistry.MostStandard(mapped, out _);
        Assert.Equal(mapped.Layers, moesaic.ReadSpec(HfConfig.From(moesaic.WriteConfig(mapped, TensorType.F32))).Layers);
    }

    [Theory]
    [InlineData("chosen=5", "leaves 1 to that many")]
    [InlineData("chosen=1,chosen=2", "twice")]
    [InlineData("chose=1", "chose")]
    [InlineData("share=0", "a share of 0")]
    [InlineData("share=half", "no number")]
    [InlineData("ratios=0.5/2", "0 to 1")]
    [InlineData("protection=0.1", "protected from nothing")]
    [InlineData("masked=0/1/2/3/4", "3 experts are left")]
    [InlineData("nowhere.json", "no such file")]
    public void What_makes_no_sense_is_refused(string text, string message) => Assert.Contains(message,
        Assert.Throws<BadRequestException>(() => RoutingPolicyFile.Read(text, TinySpec.Of(Kinds["renormalised"]))).Message, StringComparison.Ordinal);

    [Fact]
    public void Policies_are_read_from_text_and_files()
    {
        var spec = TinySpec.Of(Kinds["renormalised"], TinySpec.Dense(), Kinds["renormalised"]);
        Assert.Empty(RoutingPolicyFile.Read("none", spec).Layers);
        var read = RoutingPolicyFile.Read("chosen=2,ratios=0.5/0.25,protection=0.02/0.1,renormalise=false", spec);
        Assert.Equal([0, 2], read.Layers.Keys.Order());
        Assert.Equal(new RoutingPolicy { Chosen = 2, Ratios = [0.5f, 0.25f], Protection = new(0.02f, 0.1f), Renormalise = false }, read.Layers[2]);

        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["policy.json"], new JsonObject
        {
            ["policy"] = new JsonObject { ["chosen"] = 2 }, ["layers"] = new JsonObject { ["2"] = new JsonObject { ["share"] = 0.5 } },
        }.ToJsonString());
        var both = RoutingPolicyFile.Read(folder["policy.json"], spec);
        Assert.Equal(new RoutingPolicy { Chosen = 2 }, both.Layers[0]);
        Assert.Equal(new RoutingPolicy { Share = 0.5f }, both.Layers[2]);

        var applied = both.ApplyTo(spec);
        File.WriteAllText(folder["again.json"], RoutingPolicyFile.Write(applied).ToJsonString());
        Assert.Equal(applied.Layers, RoutingPolicyFile.Read(folder["again.json"], spec).ApplyTo(spec).Layers);
        Assert.Throws<BadRequestException>(() => new RoutingPolicies(new Dictionary<int, RoutingPolicy> { [1] = new() { Chosen = 1 } }).ApplyTo(spec));
    }

    static ProbabilityMap Map(int size, Func<int, int, float> value) =>
        new(size, size, [.. Enumerable.Range(0, size * size).Select(i => value(i / size, i % size))]);

    static (RoutingStatistics Statistics, int[] Counts) Run(Model model, int count)
    {
        var statistics = model.NewStatistics();
        var input = PassInput.Sequence(Passes.Tokens(count));
        input.Statistics = [.. statistics.Select(s => new RoutingStatistics(s.Experts) { Choices = new(s.Experts) })];
        Passes.Logits(model, input);
        var bits = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(input.Statistics[0].Choices!.Bytes);
        return (input.Statistics[0], [.. bits.ToArray().Select(b => System.Numerics.BitOperations.PopCount(b))]);
    }
}

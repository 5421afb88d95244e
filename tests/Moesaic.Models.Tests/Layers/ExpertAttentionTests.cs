using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests.Layers;

public class ExpertAttentionTests
{
    static readonly AttentionSpec Heads = new(8, 4, 6) { Norm = HeadNorm.Head, ScoreFactor = 1.5f };

    public static TheoryData<ExpertKeys, bool> AllModes => new() { { ExpertKeys.All, false }, { ExpertKeys.Routed, false }, { ExpertKeys.Routed, true }, { ExpertKeys.Shared, false } };

    public static TheoryData<ExpertKeys, bool> Modes => new() { { ExpertKeys.All, false }, { ExpertKeys.Routed, false }, { ExpertKeys.Routed, true } };

    static Model Dense(params FeedForwardSpec[] layers) => TinySpec.Model(TinySpec.Of(layers).With(Heads));

    static Model Random(ExpertKeys keys, bool keepFirst, int chosen = 2, int layers = 2) => TinySpec.Model(
        TinySpec.Of([.. Enumerable.Repeat(TinySpec.Dense(), layers)]).With(keys == ExpertKeys.Shared ? Sharing(chosen) : AttentionCut.Spec(Heads, chosen, keys, keepFirst)));

    // Three experts of four heads each, which share two key/value heads.
    static AttentionSpec Sharing(int chosen) => new(12, 2, 6)
    {
        Norm = HeadNorm.Head, Experts = new(new RouterSpec { Experts = 3, Chosen = chosen, Scale = 3 }, ExpertKeys.Shared, KeepFirst: false),
    };

    [Theory]
    [MemberData(nameof(Modes))]
    public void All_experts_with_weight_one_are_the_dense_attention(ExpertKeys keys, bool keepFirst)
    {
        using var dense = Dense(TinySpec.Dense(), TinySpec.Mixture());
        using var cut = AttentionCut.Of(dense, AttentionCut.Spec(Heads, 4, keys, keepFirst));
        var input = Passes.Packed(2, Passes.Tokens(5, 1), Passes.Tokens(40, 2), Passes.Tokens(1, 3));
        Assert.InRange(Passes.MaxDifference(Passes.Logits(dense, input), Passes.Logits(cut, input)), 0, 2e-5);
    }

    [Fact]
    public void Experts_with_all_keys_have_the_window_of_the_dense_attention()
    {
        var heads = Heads with { Window = 7 };
        using var dense = TinySpec.Model(TinySpec.Of(TinySpec.Dense()).With(heads));
        using var cut = AttentionCut.Of(dense, AttentionCut.Spec(heads, 4, ExpertKeys.All));
        var tokens = Passes.Tokens(40);
        var logits = Passes.Logits(cut, PassInput.Sequence(tokens));
        Assert.InRange(Passes.MaxDifference(Passes.Logits(dense, PassInput.Sequence(tokens)), logits), 0, 2e-5);
        using var cache = new PagedCache(cut.Spec, 4);
        Step(cut, cache, tokens, 0, 33);
        Assert.InRange(Passes.MaxDifference(logits.AsSpan(33 * TinySpec.Vocabulary), Step(cut, cache, tokens, 33, 7)), 0, 2e-5);
    }

    [Theory]
    [MemberData(nameof(AllModes))]
    public void Sequences_do_not_see_one_another(ExpertKeys keys, bool keepFirst)
    {
        using var model = Random(keys, keepFirst);
        int[] a = Passes.Tokens(35, 1), other = Passes.Tokens(35, 2), b = Passes.Tokens(9, 3);
        float[] first = Passes.Logits(model, Passes.Packed(3, a, b)), second = Passes.Logits(model, Passes.Packed(3, other, b));
        var ofB = (35 * TinySpec.Vocabulary)..(44 * TinySpec.Vocabulary);
        Assert.Equal(first[ofB], second[ofB]);
        Assert.Equal(Passes.Logits(model, PassInput.Sequence(b)), first[ofB]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_token_sees_those_that_chose_its_expert_and_the_first_where_it_is_kept(bool keepFirst)
    {
        using var model = Random(ExpertKeys.Routed, keepFirst, chosen: 1, layers: 1);
        var tokens = Passes.Tokens(24);
        var expert = Chosen(model, tokens);
        var before = Passes.Logits(model, PassInput.Sequence(tokens));
        var seen = 0;
        for (var j = 0; j < tokens.Length; j++)
        {
            // Another token that chooses as this one did, or another expert: only what it is to others may change.
            int[] changed = [.. tokens];
            do changed[j] = (changed[j] + 1) % TinySpec.Vocabulary;
            while (Chosen(model, changed)[j] != expert[j] && changed[j] != tokens[j]);
            if (changed[j] == tokens[j]) continue;
            var after = Passes.Logits(model, PassInput.Sequence(changed));
            for (var i = j + 1; i < tokens.Length; i++)
            {
                var row = (i * TinySpec.Vocabulary)..((i + 1) * TinySpec.Vocabulary);
                var sees = expert[i] == expert[j] || (keepFirst && j == 0);
                Assert.Equal(sees, !before[row].SequenceEqual(after[row]));
                seen += sees ? 1 : 0;
            }
        }
        Assert.InRange(seen, 10, 200);
    }

    [Theory]
    [MemberData(nameof(AllModes))]
    public void Over_a_cache_the_bits_are_those_of_the_whole_however_it_is_cut(ExpertKeys keys, bool keepFirst)
    {
        if (KernelSelection.Level == KernelLevel.Reference) Assert.Skip("the reference's sums over pages have another order");
        using var model = Random(keys, keepFirst);
        var tokens = Passes.Tokens(60);
        var whole = Passes.Logits(model, PassInput.Sequence(tokens));
        foreach (var steps in new[] { new[] { 60 }, [1, 1, 40, 3, 15], [33, 27], [.. Enumerable.Repeat(1, 60)] })
        {
            using var cache = new PagedCache(model.Spec, pages: 4);
            var start = 0;
            foreach (var count in steps)
            {
                var found = Step(model, cache, tokens, start, count);
                Assert.Equal(whole[(start * TinySpec.Vocabulary)..((start + count) * TinySpec.Vocabulary)], found);
                start += count;
            }
        }
    }

    [Theory]
    [MemberData(nameof(AllModes))]
    public void What_was_taken_back_is_forgotten(ExpertKeys keys, bool keepFirst)
    {
        using var model = Random(keys, keepFirst);
        int[] tokens = Passes.Tokens(50), wrong = [.. tokens[..20], .. Passes.Tokens(30, 99)];
        using PagedCache cache = new(model.Spec, 4), other = new(model.Spec, 4);
        Step(model, cache, wrong, 0, 50);
        Assert.Equal(Step(model, other, tokens, 0, 50)[(20 * TinySpec.Vocabulary)..], Step(model, cache, tokens, 20, 30));
    }

    [Fact]
    public void All_experts_with_shared_keys_and_weight_one_are_the_dense_attention()
    {
        var sharing = Sharing(3);
        using var dense = TinySpec.Model(TinySpec.Of(TinySpec.Dense()).With(sharing with { Experts = null }));
        using var cut = new Model(dense.Spec.With(sharing));
        foreach (var parameter in cut.Parameters)
        {
            if (dense.Parameters.FirstOrDefault(p => p.Name == parameter.Name) is { } same) same.Value.Span.CopyTo(parameter.Value.Span);
            else if (parameter.Role != ParameterRole.Router) CopyHeads(parameter, dense);
        }
        var input = Passes.Packed(2, Passes.Tokens(5, 1), Passes.Tokens(40, 2));
        Assert.InRange(Passes.MaxDifference(Passes.Logits(dense, input), Passes.Logits(cut, input)), 0, 2e-5);
    }

    // Head h of expert e, both groups of two: the dense attention has the heads of a key/value head next to one another.
    static void CopyHeads(ModelParameter parameter, Model dense)
    {
        var parts = parameter.Name.Split('.');
        var (e, kind) = (parts[5][0] - '0', parts[6]);
        var source = dense[string.Join('.', [.. parts[..4], kind, "weight"])];
        for (var i = 0; i < 4 * 6; i++)
        {
            var from = (i / 12 * 36) + (e * 12) + (i % 12);
            if (kind == "q_proj") source.Row(from).CopyTo(parameter.Value.Row(i));
            else for (var r = 0; r < source.Rows; r++) parameter.Value.Row(r)[i] = source.Row(r)[from];
        }
    }

    [Fact]
    public void Query_heads_that_cannot_share_the_keys_are_refused()
    {
        AttentionSpec[] wrong =
        [
            Sharing(2) with { QueryHeads = 16 }, Sharing(2) with { QueryHeads = 9, KeyValueHeads = 1, Experts = Sharing(2).Experts! with { KeepFirst = true } },
            Sharing(2) with { QueryHeads = 6, KeyValueHeads = 3 }, Sharing(2) with { Sinks = true },
        ];
        Assert.All(wrong, w => Assert.Throws<BadModelException>(() => new Model(TinySpec.Of(TinySpec.Dense()).With(w))));
    }

    [Fact]
    public void Choosing_more_for_a_while_ends_at_the_routers_own_number()
    {
        var router = new RouterSpec { Experts = 8, Chosen = 3 };
        Assert.Equal([8, 8, 7, 6, 5, 4, 3], new[] { 1.0, 0.81, 0.8, 0.6, 0.4, 0.2, 0 }.Select(r => new ChosenAnneal(8, r).Of(router)));
        Assert.Equal((3, 3, 8), (default(ChosenAnneal).Of(router), new ChosenAnneal(1, 1).Of(router), new ChosenAnneal(99, 1).Of(router)));
        Assert.Equal(4, new ChosenAnneal(8, 1).Of(router with { Groups = new ExpertGroups(4, 2, GroupScore.Best) }));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Annealing_from_all_starts_at_the_dense_attention(ExpertKeys keys, bool keepFirst)
    {
        using var dense = Dense(TinySpec.Dense());
        using var cut = AttentionCut.Of(dense, AttentionCut.Spec(Heads, 1, keys, keepFirst));
        var input = PassInput.Sequence(Passes.Tokens(12));
        var wanted = Passes.Logits(dense, input);
        Assert.InRange(Passes.MaxDifference(wanted, Passes.Logits(cut, input)), 0.1, 1e9);
        input.AttentionAnneal = new ChosenAnneal(4, 1);
        Assert.InRange(Passes.MaxDifference(wanted, Passes.Logits(cut, input)), 0, 2e-5);
    }

    [Fact]
    public void Attention_that_has_no_groups_apart_is_refused()
    {
        var spec = AttentionCut.Spec(Heads, 2, ExpertKeys.Routed);
        AttentionSpec[] wrong =
        [
            spec with { Bias = AttentionBias.All }, spec with { Norm = HeadNorm.Projection }, spec with { KeyValueHeads = 2 },
            spec with { Window = 8 }, spec with { Sinks = true }, spec with { Experts = spec.Experts! with { Keys = ExpertKeys.All, KeepFirst = true } },
        ];
        Assert.All(wrong, w => Assert.Throws<BadModelException>(() => new Model(TinySpec.Of(TinySpec.Dense()).With(w))));
    }

    static int[] Chosen(Model model, int[] tokens)
    {
        using var workspace = new Workspace();
        workspace.Begin(recording: false);
        var input = PassInput.Sequence(tokens);
        var x = model.Blocks[0].AttentionInput(workspace, model.Embed(workspace, input));
        return ((ExpertAttention)model.Blocks[0].Attention).Router.Route(workspace, x, input, null).Chosen.ToArray();
    }

    static float[] Step(Model model, PagedCache cache, int[] tokens, int start, int count) => Passes.Logits(model, new PassInput
    {
        Tokens = tokens.AsMemory(start, count),
        Positions = Enumerable.Range(start, count).ToArray(),
        Cache = cache,
        CacheRows = Enumerable.Range(start, count).Select(t => ((2 - (t / 32)) * PagedCache.PageTokens) + (t % 32)).ToArray(),
        PageTable = new[] { 3, 2, 1 },
        Segments = new[] { new AttentionSegment(0, count, 1, start + count) },
    });
}

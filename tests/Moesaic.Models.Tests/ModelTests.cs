using Moesaic.Kernels;
using Moesaic.Models.Experts;
using Moesaic.Models.Layers;
using Moesaic.Tensors;

namespace Moesaic.Models.Tests;

public sealed class ModelTests : IDisposable
{
    readonly Model model = TinySpec.Model(TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture(shared: 8)));

    public void Dispose() => model.Dispose();

    [Fact]
    public void A_sequence_cannot_see_another_one_in_the_same_pass()
    {
        int[] a = Passes.Tokens(5, 1), other = Passes.Tokens(5, 2), b = Passes.Tokens(7, 3);
        var first = Passes.Logits(model, Passes.Packed(3, a, b));
        var second = Passes.Logits(model, Passes.Packed(3, other, b));
        var ofB = (5 * TinySpec.Vocabulary)..(12 * TinySpec.Vocabulary);
        Assert.NotEqual(first[..ofB.Start], second[..ofB.Start]);
        Assert.Equal(first[ofB], second[ofB]);
    }

    [Fact]
    public void A_sequence_is_the_same_alone_and_in_company()
    {
        int[] a = Passes.Tokens(5, 1), b = Passes.Tokens(7, 3);
        var packed = Passes.Logits(model, Passes.Packed(2, a, b));
        var alone = Passes.Logits(model, PassInput.Sequence(b));
        Assert.InRange(Passes.MaxDifference(alone, packed.AsSpan(5 * TinySpec.Vocabulary, alone.Length)), 0, 1e-5);
    }

    [Fact]
    public void The_past_does_not_see_the_future()
    {
        int[] tokens = Passes.Tokens(10), changed = [.. tokens];
        changed[6] = (changed[6] + 1) % TinySpec.Vocabulary;
        float[] before = Passes.Logits(model, PassInput.Sequence(tokens)), after = Passes.Logits(model, PassInput.Sequence(changed));
        Assert.Equal(before[..(6 * TinySpec.Vocabulary)], after[..(6 * TinySpec.Vocabulary)]);
        Assert.NotEqual(before[(9 * TinySpec.Vocabulary)..], after[(9 * TinySpec.Vocabulary)..]);
    }

    [Fact]
    public void One_token_at_a_time_over_a_cache_gives_the_logits_of_the_whole()
    {
        var tokens = Passes.Tokens(9);
        var whole = Passes.Logits(model, PassInput.Sequence(tokens));
        using var cache = new PagedCache(model.Spec, pages: 3);
        for (var t = 0; t < tokens.Length; t++)
        {
            var step = Passes.Logits(model, new PassInput
            {
                Tokens = new[] { tokens[t] },
                Positions = new[] { t },
                Cache = cache,
                CacheRows = new[] { (2 * PagedCache.PageTokens) + t },
                PageTable = new[] { 1, 2 },
                Segments = new[] { new AttentionSegment(0, 1, 1, t + 1) },
            });
            Assert.InRange(Passes.MaxDifference(whole.AsSpan(t * TinySpec.Vocabulary, TinySpec.Vocabulary), step), 0, 1e-5);
        }
    }

    [Fact]
    public void Padding_counts_in_no_statistics()
    {
        int[] a = Passes.Tokens(5, 1), b = Passes.Tokens(7, 3);
        RoutingStatistics[] full = model.NewStatistics(), padded = model.NewStatistics();
        var input = Passes.Packed(0, a, b);
        input.Statistics = full;
        Passes.Logits(model, input);
        input = Passes.Packed(9, a, b);
        input.Statistics = padded;
        Passes.Logits(model, input);
        Assert.Equal((12, 12), (full[0].Tokens, padded[0].Tokens));
        Assert.Equal(full[0].Slots.ToArray(), padded[0].Slots.ToArray());
        Assert.Equal(full[0].TokenEntropy, padded[0].TokenEntropy, 1e-6);
    }

    [Fact]
    public void Recording_changes_no_result()
    {
        using var workspace = new Workspace();
        foreach (var parameter in model.Parameters) parameter.Value.NeedsGradient = true;
        workspace.Begin(recording: true);
        var recorded = model.Logits(workspace, model.Hidden(workspace, PassInput.Sequence(Passes.Tokens(12)))).Span.ToArray();
        Assert.Equal(Passes.Logits(model), recorded);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(TinySpec.Vocabulary)]
    public void A_token_outside_the_vocabulary_is_refused(int id) => Assert.Contains(
        id.ToString(System.Globalization.CultureInfo.InvariantCulture),
        Assert.Throws<ArgumentException>(() => Passes.Logits(model, PassInput.Sequence([1, id]))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_recorded_pass_over_a_cache_is_a_mistake()
    {
        using var workspace = new Workspace();
        using var cache = new PagedCache(model.Spec, 1);
        workspace.Begin(recording: true);
        Assert.Throws<InvalidOperationException>(() => model.Hidden(workspace, new PassInput
        {
            Tokens = new[] { 1 }, Positions = new[] { 0 }, Cache = cache, CacheRows = new[] { 0 }, PageTable = new[] { 0 },
            Segments = new[] { new AttentionSegment(0, 1, 0, 1) },
        }));
    }

    [Fact]
    public void A_pass_in_the_steady_state_allocates_nothing()
    {
        if (KernelSelection.Level == KernelLevel.Reference) Assert.Skip("the reference kernels allocate; unset MOESAIC_KERNELS");
        var input = PassInput.Sequence(Passes.Tokens(12));
        input.Statistics = model.NewStatistics();
        using var workspace = new Workspace();
        var least = long.MaxValue;
        for (var i = 0; i < 15; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            workspace.Begin(recording: false);
            model.Logits(workspace, model.Hidden(workspace, input));
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }

    [Fact]
    public void Parameters_are_found_by_name()
    {
        Assert.Same(model.Head, model["lm_head.weight"]);
        Assert.Throws<KeyNotFoundException>(() => model["lm_head.bias"]);
    }

    [Fact]
    public void Random_weights_follow_the_seed()
    {
        using Model a = new(model.Spec), b = new(model.Spec), c = new(model.Spec);
        ModelInitialiser.Randomise(a, 5);
        ModelInitialiser.Randomise(b, 5);
        ModelInitialiser.Randomise(c, 6);
        Assert.Equal(Passes.Logits(a), Passes.Logits(b));
        Assert.NotEqual(Passes.Logits(a), Passes.Logits(c));
        static double Deviation(Tensor t) => Math.Sqrt(t.Span.ToArray().Average(v => (double)v * v));
        Assert.Equal(0.02, Deviation(a["model.embed_tokens.weight"]), 0.002);
        Assert.Equal(0.01, Deviation(a["model.layers.0.self_attn.o_proj.weight"]), 0.001);      // 0.02 / √(2 · 2 layers)
        Assert.All(a["model.norm.weight"].Span.ToArray(), v => Assert.Equal(1, v));
    }
}

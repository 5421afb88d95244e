using Moesaic.Kernels;
using Moesaic.Models.Layers;

namespace Moesaic.Models.Tests.Layers;

/// <summary>A model whose first layer has a sliding window and whose second sees everything.</summary>
public sealed class WindowTests : IDisposable
{
    const int Window = 5;

    readonly Model model = Make(Window, 0);

    static Model Make(int first, int second)
    {
        var spec = TinySpec.Of(TinySpec.Dense(), TinySpec.Mixture());
        int[] windows = [first, second];
        return TinySpec.Model(spec with { Layers = [.. spec.Layers.Select((l, i) => l with { Attention = l.Attention with { Window = windows[i] } })] });
    }

    public void Dispose() => model.Dispose();

    [Fact]
    public void A_window_in_every_layer_hides_the_far_past()
    {
        // Two layers of 5 reach 8 tokens back.
        using var narrow = Make(Window, Window);
        int[] tokens = Passes.Tokens(30), changed = [.. tokens];
        changed[10] = (changed[10] + 1) % TinySpec.Vocabulary;
        float[] before = Passes.Logits(narrow, PassInput.Sequence(tokens)), after = Passes.Logits(narrow, PassInput.Sequence(changed));
        for (var t = 0; t < tokens.Length; t++)
        {
            var row = (t * TinySpec.Vocabulary)..((t + 1) * TinySpec.Vocabulary);
            Assert.Equal(t is >= 10 and <= 18, !before[row].SequenceEqual(after[row]));
        }
    }

    [Fact]
    public void A_window_changes_nothing_before_it_is_full()
    {
        using var full = Make(0, 0);
        float[] windowed = Passes.Logits(model, 12), plain = Passes.Logits(full, 12);
        var same = Window * TinySpec.Vocabulary;
        Assert.Equal(plain[..same], windowed[..same]);
        Assert.NotEqual(plain[same..], windowed[same..]);
    }

    [Fact]
    public void One_token_at_a_time_over_a_cache_gives_the_logits_of_the_whole()
    {
        var tokens = Passes.Tokens(70);
        var whole = Passes.Logits(model, PassInput.Sequence(tokens));
        using var cache = new PagedCache(model.Spec, pages: 4);
        for (var t = 0; t < tokens.Length; t++)
        {
            var step = Passes.Logits(model, new PassInput
            {
                Tokens = new[] { tokens[t] },
                Positions = new[] { t },
                Cache = cache,
                CacheRows = new[] { PagedCache.PageTokens + t },
                PageTable = new[] { 1, 2, 3 },
                Segments = new[] { new AttentionSegment(0, 1, 0, t + 1) },
            });
            Assert.InRange(Passes.MaxDifference(whole.AsSpan(t * TinySpec.Vocabulary, TinySpec.Vocabulary), step), 0, 1e-5);
        }
    }

    [Fact]
    public void A_sequence_is_the_same_alone_and_in_company()
    {
        int[] a = Passes.Tokens(11, 1), b = Passes.Tokens(17, 3);
        var packed = Passes.Logits(model, Passes.Packed(2, a, b));
        var alone = Passes.Logits(model, PassInput.Sequence(b));
        Assert.InRange(Passes.MaxDifference(alone, packed.AsSpan(11 * TinySpec.Vocabulary, alone.Length)), 0, 1e-5);
    }
}

using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Inference.Tests.Batching;

public class PrefixReuseTests
{
    [Theory]
    [InlineData("mixture")]
    [InlineData("attention experts")]
    [InlineData("routed keys")]
    public void A_shared_prefix_is_computed_once_and_gives_the_same_logits(string kind)
    {
        using var model = TinyModels.Make(kind);
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 500 });
        int[] system = TinyModels.Tokens(70), first = [.. system, 1, 2, 3], second = [.. system, 9, 8];
        var a = Finish(decoder, decoder.Add(first, 90));
        Assert.Equal((73L, 0), (decoder.ComputedTokens, a.Reused));
        var b = Finish(decoder, decoder.Add(second, 90));
        Assert.Equal((73 + 72 - 64L, 64), (decoder.ComputedTokens, b.Reused));
        Assert.Equal(Last(model, second), b.Logits.ToArray());
        Assert.Equal(4, decoder.Cache.Used);     // two shared, one each

        // After both have left their pages are still there, and the last token is run again in any case.
        a.Dispose();
        b.Dispose();
        Assert.Equal((0, 2, 0), (decoder.Cache.Used, decoder.Cache.Kept, decoder.Cache.Reserved));
        var c = Finish(decoder, decoder.Add(system[..64], 64));
        Assert.Equal((32, Last(model, system[..64])[5]), (c.Reused, c.Logits[5]));
    }

    [Fact]
    public void Generated_tokens_are_found_by_the_next_turn()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 200 });
        using (var turn = Finish(decoder, decoder.Add(TinyModels.Tokens(20), 90)))
        {
            for (var t = 0; t < 50; t++)
            {
                turn.Append(t);
                decoder.Step();
            }
        }
        int[] next = [.. TinyModels.Tokens(20), .. Enumerable.Range(0, 50), 77];
        var sequence = Finish(decoder, decoder.Add(next, 90));
        Assert.Equal(64, sequence.Reused);
        Assert.Equal(Last(model, next), sequence.Logits.ToArray());
    }

    [Fact]
    public void Equal_prompts_that_arrive_together_end_up_in_the_same_pages()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 500, Chunk = 100 });
        var prompt = TinyModels.Tokens(80);
        var sequences = Enumerable.Range(0, 3).Select(_ => decoder.Add(prompt, 96)).ToList();
        while (decoder.Step() > 0) { }
        // The first fills a step, up to a whole page; the others then find its pages.
        Assert.Equal(80 + 16 + 16, decoder.ComputedTokens);
        Assert.Equal(2 + 3, decoder.Cache.Used);
        foreach (var sequence in sequences) sequence.Append(3);
        decoder.Step();
        Assert.All(sequences, s => Assert.Equal(Last(model, [.. prompt, 3]), s.Logits.ToArray()));
    }

    [Fact]
    public void Kept_pages_make_room_the_oldest_first()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 5 * 32 });
        Serve(TinyModels.Tokens(65, 1));
        Serve(TinyModels.Tokens(65, 2));
        Assert.Equal((4, 1), (decoder.Cache.Kept, decoder.Cache.Free));
        Assert.Equal(64, Serve(TinyModels.Tokens(65, 1)));       // used again: now the second is the oldest
        Serve(TinyModels.Tokens(65, 3));
        Assert.Equal(64, Serve(TinyModels.Tokens(65, 1)));
        Assert.Equal(0, Serve(TinyModels.Tokens(65, 2)));
        Assert.Equal(5, decoder.Cache.Kept + decoder.Cache.Free);

        int Serve(int[] tokens)
        {
            using var sequence = Finish(decoder, decoder.Add(tokens, tokens.Length));
            Assert.Equal(Last(model, tokens), sequence.Logits.ToArray());
            return sequence.Reused;
        }
    }

    [Fact]
    public void The_end_of_a_sequence_is_forgotten_before_its_beginning()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 3 * 32 });
        var tokens = TinyModels.Tokens(96);
        Finish(decoder, decoder.Add(tokens, 96)).Dispose();
        Finish(decoder, decoder.Add([1], 32)).Dispose();
        Assert.Equal((2, 1), (decoder.Cache.Kept, decoder.Cache.Free));
        Assert.Equal(64, Finish(decoder, decoder.Add(tokens, 96)).Reused);
    }

    [Fact]
    public void A_full_cache_refuses_before_the_work_and_never_during_it()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 5 * 32 });
        var first = decoder.Add([1], 96);
        Assert.Null(decoder.TryAdd([2], 96));
        var error = Assert.Throws<BadRequestException>(() => decoder.Add([2], 96));
        Assert.Contains("cache of 5 pages of 32 tokens is full", error.Message, StringComparison.Ordinal);
        Assert.Contains("2 can be had", error.Message, StringComparison.Ordinal);
        var second = decoder.Add([2], 64);
        Assert.Equal(0, decoder.Cache.Available);
        for (var t = 1; t < 95; t++)
        {
            first.Append(t);
            if (t < 64) second.Append(t);
            while (decoder.Step() > 0) { }
        }
        Assert.Throws<BadRequestException>(() => { first.Fork(); });
        Assert.Equal((5, 0, 0, 0), (decoder.Cache.Used, decoder.Cache.Kept, decoder.Cache.Free, decoder.Cache.Reserved));
        second.Dispose();
        Assert.NotNull(decoder.TryAdd([2], 64));
    }

    [Fact]
    public void Sharing_makes_room_for_more_sequences()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 5 * 32 });
        var prompt = TinyModels.Tokens(70);
        Finish(decoder, decoder.Add(prompt, 96));
        Finish(decoder, decoder.Add(prompt, 96));
        Finish(decoder, decoder.Add(prompt, 96));
        Assert.Null(decoder.TryAdd(prompt, 96));
        Assert.Equal(5, decoder.Cache.Used);
    }

    [Fact]
    public void Without_reuse_nothing_is_kept()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 500, ReusesPrefixes = false });
        Finish(decoder, decoder.Add(TinyModels.Tokens(70), 90)).Dispose();
        Assert.Equal(decoder.Cache.Pages, decoder.Cache.Free);
        Assert.Equal(0, Finish(decoder, decoder.Add(TinyModels.Tokens(70), 90)).Reused);
    }

    [Theory]
    [InlineData("grouped heads")]
    [InlineData("attention experts")]
    [InlineData("routed keys, first kept")]
    public void Any_order_of_calls_keeps_the_books_and_the_bits(string kind)
    {
        using var model = TinyModels.Make(kind);
        var random = new Random(11);
        for (var round = 0; round < 12; round++)
        {
            using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 12 * 32, Chunk = random.Next(1, 90) });
            var live = new List<BatchSequence>();
            for (var action = 0; action < 60; action++)
            {
                var any = live.Count > 0 ? live[random.Next(live.Count)] : null;
                switch (random.Next(6))
                {
                    case 0 or 1:
                        // Few beginnings, so that many are shared.
                        int[] prompt = [.. TinyModels.Tokens(64, random.Next(2))[..random.Next(1, 65)], .. TinyModels.Tokens(random.Next(20), random.Next(3))];
                        if (decoder.TryAdd(prompt, random.Next(prompt.Length, 97)) is { } added) live.Add(added);
                        break;
                    case 2 when any is not null && decoder.Cache.Available >= 3:
                        live.Add(any.Fork());
                        break;
                    case 3 when any is not null:
                        any.Dispose();
                        live.Remove(any);
                        break;
                    case 4 when any is not null && decoder.Cache.Available >= 3:
                        any.Truncate(random.Next(any.Length + 1));
                        break;
                    default:
                        if (any is not null && any.Length < any.Capacity) any.Append(random.Next(256));
                        decoder.Step();
                        break;
                }
                var cache = decoder.Cache;
                Assert.InRange(cache.Used + cache.Kept, 0, cache.Pages);
                Assert.InRange(cache.Reserved, 0, cache.Kept + cache.Free);
                Assert.Equal(live.Count, decoder.Sequences.Count);
            }
            while (decoder.Step() > 0) { }
            foreach (var sequence in live.Where(s => s.Length < s.Capacity && s.Length > 0))
            {
                sequence.Append(random.Next(256));
                decoder.Step();
                Assert.Equal(Last(model, sequence.Tokens.ToArray()), sequence.Logits.ToArray());
            }
            foreach (var sequence in live) sequence.Dispose();
            Assert.Equal((0, 0), (decoder.Cache.Used, decoder.Cache.Reserved));
        }
    }

    static BatchSequence Finish(BatchDecoder decoder, BatchSequence sequence)
    {
        while (decoder.Step() > 0) { }
        return sequence;
    }

    static float[] Last(Model model, int[] tokens)
    {
        using var decoder = new SequenceDecoder(model, tokens.Length);
        return decoder.Next(tokens).ToArray();
    }
}

using Moesaic.Formats;
using Moesaic.Kernels;
using Moesaic.Models;

namespace Moesaic.Inference.Tests.Batching;

public class BatchDecoderTests
{
    const int Page = 32;

    public static TheoryData<string> Kinds => TinyModels.Kinds;

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Sequences_of_many_lengths_have_the_bits_they_have_alone(string kind)
    {
        using var model = TinyModels.Make(kind);
        int[] lengths = [1, 2, 31, 32, 33, 50, 64, 80];
        var alone = lengths.Select((length, i) => Run(model, TinyModels.Tokens(length, i), more: 6)).ToList();
        foreach (var chunk in new[] { 1, 40, 256 })
        {
            using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 1000, Chunk = chunk });
            var sequences = lengths.Select((length, i) => decoder.Add(TinyModels.Tokens(length, i), length + 6)).ToList();
            var reached = new int[lengths.Length];
            while (decoder.Step() > 0)
            {
                for (var i = 0; i < sequences.Count; i++)
                {
                    if (!sequences[i].HasLogits) continue;
                    Assert.Equal(alone[i][reached[i]], sequences[i].Logits.ToArray());
                    // They start at different steps, as their prompts end; each goes on for six tokens.
                    if (reached[i] < 6) sequences[i].Append(Follow(i, reached[i]));
                    reached[i]++;
                }
            }
            Assert.All(reached, r => Assert.Equal(7, r));
        }
    }

    [Fact]
    public void Threads_do_not_change_a_bit()
    {
        using var model = TinyModels.Make("mixture");
        var before = WorkerTeam.Threads;
        try
        {
            var runs = new List<float[]>();
            foreach (var threads in new[] { 1, 2, 3 })
            {
                WorkerTeam.Threads = threads;
                using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 400 });
                var sequences = Enumerable.Range(1, 4).Select(i => decoder.Add(TinyModels.Tokens(i * 20, i), 90)).ToList();
                decoder.Step();
                foreach (var sequence in sequences) sequence.Append(7);
                decoder.Step();
                runs.Add([.. sequences.SelectMany(s => s.Logits.ToArray())]);
            }
            Assert.All(runs, run => Assert.Equal(runs[0], run));
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    }

    [Fact]
    public void A_prompt_does_not_hold_up_sequences_that_add_one_token_nor_a_shorter_prompt()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 400, Chunk = 20 });
        var first = decoder.Add(TinyModels.Tokens(5), 50);
        Assert.Equal(5, decoder.Step());
        var second = decoder.Add(TinyModels.Tokens(50, 1), 60);
        var third = decoder.Add(TinyModels.Tokens(30, 2), 60);
        foreach (var (rows, ready) in new[] { (21, "first"), (11, "first third"), (21, "first"), (21, "first"), (11, "first second") })
        {
            first.Append(9);
            Assert.Equal(rows, decoder.Step());
            var names = new[] { (first, "first"), (second, "second"), (third, "third") };
            Assert.Equal(ready, string.Join(' ', names.Where(n => n.Item1.HasLogits).Select(n => n.Item2)));
        }
        Assert.Equal(0, decoder.Step());
        Assert.Equal((6L, 5 + 85L), (decoder.Steps, decoder.ComputedTokens));
    }

    [Fact]
    public void A_long_prompt_gives_way_to_short_ones_but_not_for_ever()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 2000, Chunk = 40, ReusesPrefixes = false });
        var oldest = decoder.Add(TinyModels.Tokens(90), 95);
        var shares = new List<int>();
        for (var step = 0; step < 12; step++)
        {
            using var shorter = decoder.Add(TinyModels.Tokens(15, step), 20);
            var before = oldest.Computed;
            decoder.Step();
            Assert.True(shorter.HasLogits);
            shares.Add(oldest.Computed - before);
        }
        Assert.Equal([0, 0, 0, 20, 0, 0, 0, 20, 0, 0, 0, 20], shares);
        // What is left is not long any more: it takes part, up to the end of a page.
        using var last = decoder.Add(TinyModels.Tokens(15, 20), 20);
        decoder.Step();
        Assert.Equal(64, oldest.Computed);
    }

    [Fact]
    public void Logits_belong_to_the_step_that_made_them()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 200 });
        BatchSequence a = decoder.Add([1, 2, 3], 10), b = decoder.Add([4], 10);
        Assert.Throws<InvalidOperationException>(() => { _ = a.Logits; });
        decoder.Step();
        Assert.Equal(model.Spec.VocabularySize, a.Logits.Length);
        b.Append(5);
        decoder.Step();
        Assert.Throws<InvalidOperationException>(() => { _ = a.Logits; });
        Assert.True(b.HasLogits);
        b.Truncate(1);
        Assert.False(b.HasLogits);
    }

    [Fact]
    public void A_fork_goes_its_own_way()
    {
        using var model = TinyModels.Make("shared");
        foreach (var length in new[] { 5, 32, 40, 64 })
        {
            var prompt = TinyModels.Tokens(length);
            using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 500 });
            var sequence = decoder.Add(prompt, 80);
            decoder.Step();
            var fork = sequence.Fork();
            Assert.Equal(sequence.Logits.ToArray(), fork.Logits.ToArray());
            Assert.Equal(3 + 3 - (length / Page), decoder.Cache.Used + decoder.Cache.Reserved);
            sequence.Append([1, 2, 3]);
            fork.Append([4, 5]);
            decoder.Step();
            Assert.Equal(Last(model, [.. prompt, 1, 2, 3]), sequence.Logits.ToArray());
            Assert.Equal(Last(model, [.. prompt, 4, 5]), fork.Logits.ToArray());
            sequence.Dispose();
            fork.Append(6);
            decoder.Step();
            Assert.Equal(Last(model, [.. prompt, 4, 5, 6]), fork.Logits.ToArray());
        }
    }

    [Fact]
    public void Truncating_a_shared_page_leaves_the_others_alone()
    {
        using var model = TinyModels.Make("mixture");
        var prompt = TinyModels.Tokens(70);
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 500 });
        var sequence = decoder.Add(prompt, 90);
        decoder.Step();
        var fork = sequence.Fork();
        fork.Truncate(40);
        fork.Append([1, 2, 3]);
        sequence.Append(8);
        decoder.Step();
        Assert.Equal(Last(model, [.. prompt[..40], 1, 2, 3]), fork.Logits.ToArray());
        Assert.Equal(Last(model, [.. prompt, 8]), sequence.Logits.ToArray());
        sequence.Truncate(10);
        sequence.Append([5, 6]);
        decoder.Step();
        Assert.Equal(Last(model, [.. prompt[..10], 5, 6]), sequence.Logits.ToArray());
    }

    [Theory]
    [InlineData(CacheEncoding.F32)]
    [InlineData(CacheEncoding.F16)]
    [InlineData(CacheEncoding.Q8_0)]
    public void A_step_allocates_no_managed_memory(CacheEncoding encoding)
    {
        if (KernelSelection.Level == KernelLevel.Reference) Assert.Skip("the reference kernels allocate; unset MOESAIC_KERNELS");
        using var model = TinyModels.Make("mixture");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 1000, Encoding = encoding });
        // Steps of the largest sizes come first: routing decides how large the buffers of a step get.
        for (var i = 0; i < 20; i++) Serve();
        var least = long.MaxValue;
        for (var i = 0; i < 5; i++) least = Math.Min(least, Serve());
        Assert.Equal(0, least);

        long Serve()
        {
            var sequences = Enumerable.Range(0, 6).Select(i => decoder.Add(TinyModels.Tokens(12 * i + 1, i), TinyModels.Context)).ToArray();
            decoder.Step();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var t = 0; t < 30; t++)
            {
                foreach (var sequence in sequences) sequence.Append(t);
                decoder.Step();
            }
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            foreach (var sequence in sequences) sequence.Dispose();
            return allocated;
        }
    }

    [Theory]
    [InlineData(CacheEncoding.F16, 1e-6, 1e-3)]
    [InlineData(CacheEncoding.Q8_0, 1e-4, 1e-2)]
    public void Narrow_caches_move_logits_a_little(CacheEncoding encoding, double least, double most)
    {
        using var model = ShippedModel.Load();
        var tokens = Enumerable.Range(0, 300).Select(i => i * 7919 % 4000).ToArray();
        float[] exact = Logits(CacheEncoding.F32), narrow = Logits(encoding);
        Assert.InRange(Norm(exact.Zip(narrow, (x, y) => (double)x - y)) / Norm(exact.Select(x => (double)x)), least, most);

        float[] Logits(CacheEncoding cache)
        {
            using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 320, Encoding = cache });
            var sequence = decoder.Add(tokens, 300);
            while (decoder.Step() > 0) { }
            return sequence.Logits.ToArray();
        }

        static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(v => v * v));
    }

    [Fact]
    public void What_cannot_be_is_refused_with_the_numbers()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 65 });
        Assert.Equal(3, decoder.Cache.Pages);
        Assert.Contains("97", Assert.Throws<BadRequestException>(() => decoder.Add([], 97)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => decoder.Add([260], 5));
        Assert.Throws<ArgumentException>(() => decoder.Add([1, 2], 1));
        Assert.Throws<BadRequestException>(() => new BatchDecoder(model, new BatchOptions { CacheTokens = 0 }));
        Assert.Throws<BadRequestException>(() => new BatchDecoder(model, new BatchOptions { CacheTokens = 1, Chunk = 0 }));
        using var small = new BatchDecoder(model, new BatchOptions { CacheTokens = 32 });
        Assert.Contains("holds 32 in all", Assert.Throws<BadRequestException>(() => small.Add([], 33)).Message, StringComparison.Ordinal);
        Assert.Equal(new CacheUsage(3, 0, 0, 0, 32, decoder.Cache.PageBytes), decoder.Cache);
    }

    [Fact]
    public void Cancelling_leaves_the_tokens_waiting()
    {
        using var model = TinyModels.Make("dense");
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 100 });
        var sequence = decoder.Add([1, 2, 3], 10);
        Assert.Throws<OperationCanceledException>(() => decoder.Step(new CancellationToken(canceled: true)));
        Assert.Equal((3, 0), (sequence.Length, sequence.Computed));
        Assert.Equal(3, decoder.Step());
    }

    static int Follow(int sequence, int step) => ((sequence * 31) + (step * 17)) % 256;

    /// <summary>The logits after the prompt and after each of the tokens that follow.</summary>
    static List<float[]> Run(Model model, int[] prompt, int more)
    {
        using var decoder = new SequenceDecoder(model, prompt.Length + more);
        var sequence = prompt[0];
        var result = new List<float[]> { decoder.Next(prompt).ToArray() };
        var index = Enumerable.Range(0, 8).First(i => TinyModels.Tokens(prompt.Length, i).SequenceEqual(prompt));
        for (var step = 0; step < more; step++) result.Add(decoder.Next(Follow(index, step)).ToArray());
        return result;
    }

    static float[] Last(Model model, int[] tokens)
    {
        using var decoder = new SequenceDecoder(model, tokens.Length);
        return decoder.Next(tokens).ToArray();
    }
}

using Moesaic.Formats;

namespace Moesaic.Inference.Tests;

public class SamplerTests
{
    public static TheoryData<SamplingOptions> Filters =>
    [
        new SamplingOptions { Temperature = 1 },
        new SamplingOptions { Temperature = 0.3f },
        new SamplingOptions { Temperature = 2, TopK = 5 },
        new SamplingOptions { Temperature = 1, TopK = 1 },
        new SamplingOptions { Temperature = 1, TopK = 100_000 },
        new SamplingOptions { Temperature = 1, TopP = 0.6f },
        new SamplingOptions { Temperature = 1, TopP = 0.0001f },
        new SamplingOptions { Temperature = 1, MinP = 0.2f },
        new SamplingOptions { Temperature = 1.5f, TopK = 12, TopP = 0.8f, MinP = 0.05f, RepetitionPenalty = 1.4f },
        new SamplingOptions { Temperature = 0.8f, RepetitionPenalty = 3, RepetitionWindow = 3 },
        new SamplingOptions { Temperature = 1, FrequencyPenalty = 0.7f, PresencePenalty = -0.4f },
        new SamplingOptions { Temperature = 1, LogitBias = new Dictionary<int, float> { [3] = 2.5f, [0] = float.NegativeInfinity, [12] = 9 } },
        new SamplingOptions { Temperature = 1, TypicalP = 0.5f },
        new SamplingOptions { Temperature = 1.3f, TopK = 11, TopP = 0.9f, MinP = 0.1f, TypicalP = 0.6f, FrequencyPenalty = 0.5f },
    ];

    [Theory]
    [MemberData(nameof(Filters))]
    public void Draws_what_the_plain_reference_allows_in_its_proportions(SamplingOptions options)
    {
        const int Draws = 20_000;
        float[] logits = [2, 1.9f, -3, 0.5f, 0.5f, 1.2f, float.NegativeInfinity, 0.1f, 2, -0.4f, 1, 0.8f, -8, 1.5f, 0.3f, 0.3f];
        int[] context = [0, 5, 5, 9, 13, 1];
        var expected = SamplerReference.Probabilities(logits, context, options);
        var sampler = new Sampler(options, logits.Length);
        var counts = new int[logits.Length];
        for (var i = 0; i < Draws; i++) counts[sampler.Next(logits, context)]++;

        double chiSquare = 0;
        var degrees = -1;
        for (var id = 0; id < logits.Length; id++)
        {
            if (expected[id] == 0) Assert.Equal(0, counts[id]);
            if (expected[id] * Draws < 5) continue;
            chiSquare += Math.Pow(counts[id] - (expected[id] * Draws), 2) / (expected[id] * Draws);
            degrees++;
        }
        // Mean d, deviation √(2d); the seed is fixed, so this either holds or not.
        Assert.True(chiSquare <= degrees + (4 * Math.Sqrt(2 * degrees)) + 1e-9, $"chi-square {chiSquare} with {degrees} degrees");
    }

    [Fact]
    public void Random_filters_keep_what_the_reference_keeps()
    {
        var random = new Random(5);
        for (var round = 0; round < 300; round++)
        {
            var logits = Enumerable.Range(0, 40).Select(_ => (float)Math.Round(random.NextDouble() * 8, 1)).ToArray();
            int[] context = [.. Enumerable.Range(0, 10).Select(_ => random.Next(40))];
            var options = new SamplingOptions
            {
                Temperature = 0.2f + (float)random.NextDouble() * 2,
                TopK = random.Next(3) == 0 ? 0 : random.Next(1, 45),
                TopP = random.Next(3) == 0 ? 1 : (float)(1 - random.NextDouble()),
                MinP = random.Next(3) == 0 ? 0 : (float)random.NextDouble() * 0.3f,
                TypicalP = random.Next(3) == 0 ? (float)(1 - random.NextDouble()) : 1,
                RepetitionPenalty = random.Next(2) == 0 ? 1 : 1.3f,
                FrequencyPenalty = random.Next(2) == 0 ? 0 : 0.25f,
                PresencePenalty = random.Next(2) == 0 ? 0 : -0.5f,
                Seed = (ulong)round,
            };
            var allowed = SamplerReference.Probabilities(logits, context, options);
            var sampler = new Sampler(options, logits.Length);
            for (var i = 0; i < 50; i++)
                Assert.True(allowed[sampler.Next(logits, context)] > 0, $"round {round}: {options}");
        }
    }

    [Fact]
    public void Greedy_takes_the_highest_and_of_equals_the_lowest_id()
    {
        var sampler = new Sampler(new SamplingOptions(), 5);
        Assert.Equal(1, sampler.Next([0, 4, 4, 3, 4], []));
        Assert.Equal(3, sampler.Next([float.NegativeInfinity, -5, -4, -3, -9], []));
    }

    [Fact]
    public void Equal_logits_at_the_edge_of_top_k_rank_by_id()
    {
        var sampler = new Sampler(new SamplingOptions { Temperature = 1, TopK = 2 }, 5);
        for (var i = 0; i < 200; i++) Assert.Contains(sampler.Next([1, 1, 1, 1, 1], []), new[] { 0, 1 });
    }

    [Fact]
    public void The_penalty_counts_a_token_once_within_the_window_and_pushes_negative_logits_down()
    {
        var options = new SamplingOptions { RepetitionPenalty = 2, RepetitionWindow = 3 };
        Assert.Equal(1, new Sampler(options, 3).Next([4, 2.5f, 1], [0, 0, 0]));        // 4 / 2 < 2.5; not 4 / 8
        Assert.Equal(0, new Sampler(options, 3).Next([4, 1.5f, 1], [0, 0, 0]));
        Assert.Equal(0, new Sampler(options, 3).Next([4, 2.5f, 1], [0, 2, 2, 2]));     // 0 lies outside the window
        Assert.Equal(1, new Sampler(options, 2).Next([-1, -1.5f], [0]));
    }

    [Fact]
    public void Frequency_counts_each_time_and_presence_once()
    {
        int[] context = [0, 0, 1];
        Assert.Equal(1, new Sampler(new SamplingOptions { FrequencyPenalty = 0.5f }, 3).Next([3, 2.6f, 1], context));       // 2, 2.1, 1
        Assert.Equal(0, new Sampler(new SamplingOptions { PresencePenalty = 0.5f }, 3).Next([3, 2.6f, 1], context));        // 2.5, 2.1, 1
        Assert.Equal(2, new Sampler(new SamplingOptions { PresencePenalty = 2 }, 3).Next([3, 2.6f, 1.1f], context));
        Assert.Equal(1, new Sampler(new SamplingOptions { FrequencyPenalty = -1 }, 3).Next([-3, -1, -0.5f], [1]));          // a reward
        // The repetition penalty comes first: 3 / 1.5 - 0.5 = 1.5, not (3 - 0.5) / 1.5 = 1.67.
        var both = new Sampler(new SamplingOptions { RepetitionPenalty = 1.5f, PresencePenalty = 0.5f }, 2);
        Assert.Equal(1, both.Next([3, 1.6f], [0]));
        Assert.Equal(0, both.Next([3, 1.4f], [0]));
    }

    [Fact]
    public void Typical_leaves_out_what_is_too_likely_as_well()
    {
        // p = 1/2, 1/4, 1/8, 1/8: the mean surprise is 1.75 bits, theirs 1, 2, 3, 3: the second token comes first, then the first.
        float[] logits = [MathF.Log(0.5f), MathF.Log(0.25f), MathF.Log(0.125f), MathF.Log(0.125f)];
        Assert.Equal([1], Drawn(0.25f));
        Assert.Equal([0, 1], Drawn(0.6f));
        Assert.Equal([0, 1, 2], Drawn(0.8f));

        int[] Drawn(float typical)
        {
            var sampler = new Sampler(new SamplingOptions { Temperature = 1, TypicalP = typical }, 4);
            return [.. Enumerable.Range(0, 500).Select(_ => sampler.Next(logits, [])).Distinct().Order()];
        }
    }

    [Fact]
    public void A_bias_acts_before_all_else_and_may_forbid()
    {
        SamplingOptions Biased(params (int Id, float Value)[] bias) => new() { LogitBias = bias.ToDictionary(b => b.Id, b => b.Value) };
        Assert.Equal(2, new Sampler(Biased((2, 3)), 3).Next([3, 2, 1], []));
        Assert.Equal(1, new Sampler(Biased((0, float.NegativeInfinity)), 3).Next([3, 2, 1], []));
        Assert.Equal(0, new Sampler(Biased((1, 3)) with { RepetitionPenalty = 2 }, 3).Next([3, 2, 1], [1]));       // (2 + 3) / 2 < 3
        var none = new Sampler(Biased((0, float.NegativeInfinity), (1, float.NegativeInfinity)), 2);
        Assert.Throws<BadRequestException>(() => none.Next([1, 2], []));
        var unknown = Assert.Throws<BadRequestException>(() => new Sampler(Biased((3, 1)), 3));
        Assert.Contains("token 3; the model has tokens 0 to 2", unknown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_seed_decides_the_draws()
    {
        float[] logits = [1, 2, 3, 2, 1];
        int[] Draw(ulong seed)
        {
            var sampler = new Sampler(new SamplingOptions { Temperature = 1, Seed = seed }, 5);
            return [.. Enumerable.Range(0, 50).Select(_ => sampler.Next(logits, []))];
        }
        Assert.Equal(Draw(8), Draw(8));
        Assert.NotEqual(Draw(8), Draw(9));
    }

    [Fact]
    public void Extreme_temperatures_neither_overflow_nor_draw_the_impossible()
    {
        float[] logits = [3e38f, -3e38f, 2.9e38f, float.NegativeInfinity];
        Assert.Equal(0, new Sampler(new SamplingOptions { Temperature = 1e-30f }, 4).Next(logits, []));
        var hot = new Sampler(new SamplingOptions { Temperature = 1e30f, TopK = 4 }, 4);
        for (var i = 0; i < 500; i++) Assert.NotEqual(3, hot.Next([0, 0, 0, float.NegativeInfinity], []));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Unusable_logits_are_named(float bad)
    {
        var error = Assert.Throws<BadModelException>(() => new Sampler(new SamplingOptions(), 3).Next([1, 2, bad], []));
        Assert.Contains("token 2", error.Message, StringComparison.Ordinal);
        Assert.Throws<BadModelException>(() => new Sampler(new SamplingOptions(), 2).Next([float.NegativeInfinity, float.NegativeInfinity], []));
    }

    public static TheoryData<SamplingOptions, string> OutOfRange => new()
    {
        { new() { Temperature = -0.1f }, "temperature is -0.1" }, { new() { Temperature = float.NaN }, "temperature is NaN" },
        { new() { TopK = -1 }, "top-k is -1" }, { new() { TopP = 0 }, "top-p is 0" }, { new() { TopP = 1.1f }, "top-p is 1.1" },
        { new() { MinP = -1 }, "min-p is -1" }, { new() { MinP = 2 }, "min-p is 2" },
        { new() { TypicalP = 0 }, "typical-p is 0" }, { new() { FrequencyPenalty = 2.5f }, "frequency penalty is 2.5" },
        { new() { PresencePenalty = float.NaN }, "presence penalty is NaN" },
        { new() { LogitBias = new Dictionary<int, float> { [7] = float.NaN } }, "logit bias of token 7 is NaN" },
        { new() { LogitBias = new Dictionary<int, float> { [7] = float.PositiveInfinity } }, "logit bias of token 7 is Infinity" },
        { new() { RepetitionPenalty = 0 }, "repetition penalty is 0" }, { new() { RepetitionWindow = 0 }, "repetition window is 0" },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Options_out_of_range_are_refused_with_what_is_allowed(SamplingOptions options, string message)
    {
        var error = Assert.Throws<BadRequestException>(() => new Sampler(options, 10));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("need", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    public void A_constraint_goes_before_all_filters_and_the_end_comes_only_when_it_may(float temperature)
    {
        var options = new SamplingOptions { Temperature = temperature, TopK = 1, LogitBias = new Dictionary<int, float> { ['x'] = 1000 } };
        var sampler = new Sampler(options, 258, Grammar.Choice("no", "none").Compile(Bytes.Table).Start(), new HashSet<int> { Bytes.EndOfText });
        var logits = new float[258];
        logits[Bytes.EndOfText] = 10;
        Assert.Equal('n', sampler.Next(logits, []));
        Assert.Equal('o', sampler.Next(logits, []));
        logits[Bytes.EndOfText] = -10;
        Assert.Equal('n', sampler.Next(logits, []));
        logits[Bytes.EndOfText] = 10;
        Assert.Equal('e', sampler.Next(logits, []));
        logits[Bytes.EndOfText] = -10;
        Assert.Equal(Bytes.EndOfText, sampler.Next(logits, []));
    }

    [Fact]
    public void Where_nothing_is_allowed_the_error_says_why()
    {
        var end = new HashSet<int> { Bytes.EndOfText };
        var forbidden = new SamplingOptions { LogitBias = new Dictionary<int, float> { ['n'] = float.NegativeInfinity } };
        Assert.Throws<BadRequestException>(() => new Sampler(forbidden, 258, Start(), end).Next(new float[258], []));
        var complete = new Sampler(new SamplingOptions(), 258, Start(), new HashSet<int>());
        complete.Next(new float[258], []);
        Assert.Contains("no token that ends", Assert.Throws<BadModelException>(() => complete.Next(new float[258], [])).Message, StringComparison.Ordinal);
        var special = Grammar.Literal("é").Compile(new TokenTable(new Moesaic.Text.Tests.ByteTokenizer(), 128, end)).Start();
        Assert.Contains("lacks tokens", Assert.Throws<BadModelException>(
            () => new Sampler(new SamplingOptions(), 128, special, end).Next(new float[128], [])).Message, StringComparison.Ordinal);

        static ITokenConstraint Start() => Grammar.Literal("n").Compile(Bytes.Table).Start();
    }
}

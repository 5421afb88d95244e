using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text.Tests;

namespace Moesaic.Inference.Tests;

public class EngineTests
{
    static readonly ByteTokenizer Tokenizer = new(addsBos: true, "<s>", "</s>", "<a>", "<b>");
    static readonly HashSet<int> Never = [];

    [Theory]
    [InlineData("mixture")]
    [InlineData("grouped heads")]
    public void Texts_generated_together_are_those_generated_alone(string kind)
    {
        using var model = TinyModels.Make(kind);
        var requests = Enumerable.Range(0, 7).Select(i => (
            Prompt: TinyModels.Tokens(1 + (i * 9), i),
            Options: new GenerationOptions
            {
                MaxTokens = 10 + i, Sampling = new() { Temperature = i % 3, Seed = (ulong)i, TopP = 0.9f, FrequencyPenalty = 0.2f },
            })).ToList();
        var alone = requests.Select(r =>
        {
            using var generator = new Generator(model, Tokenizer, Never);
            return generator.Generate(r.Prompt, r.Options);
        }).ToList();

        using var engine = New(model, 400);
        var generations = requests.Take(3).Select(r => engine.Start(r.Prompt, r.Options)).ToList();
        engine.Step();
        engine.Step();
        generations.AddRange(requests.Skip(3).Select(r => engine.Start(r.Prompt, r.Options)));
        while (engine.Step()) { }
        foreach (var (expected, actual) in alone.Zip(generations))
        {
            Assert.Equal(expected.Tokens, actual.Result.Tokens);
            Assert.Equal(expected.Text, actual.Result.Text);
            Assert.Equal(expected.FinishReason, actual.Result.FinishReason);
        }
        Assert.Equal((0, 0), (engine.Cache.Used, engine.Cache.Reserved));
    }

    [Fact]
    public void Constrained_texts_hold_for_every_seed_beside_free_ones()
    {
        using var model = TinyModels.Make("dense");
        var endOfText = new HashSet<int> { Tokenizer.EosId!.Value };
        using var engine = new Engine(model, Tokenizer, endOfText, new BatchOptions { CacheTokens = 2000 });
        var choice = Grammar.Choice("yes", "yesterday", "no").Compile(new TokenTable(Tokenizer, model.Spec.VocabularySize, endOfText)).Start();
        var options = new GenerationOptions { MaxTokens = 30, Constraint = choice };
        var free = engine.Start([1, 2], new GenerationOptions { MaxTokens = 5 });
        var held = Enumerable.Range(0, 12)
            .Select(seed => engine.Start([3, 4, 5], options with { Sampling = new() { Temperature = 2, Seed = (ulong)seed } })).ToList();
        while (engine.Step()) { }
        Assert.True(free.HasEnded);
        Assert.All(held, text => Assert.Contains(text.Result.Text, (string[])["yes", "yesterday", "no"]));
        Assert.All(held, text => Assert.Equal(FinishReason.Eos, text.Result.FinishReason));
        Assert.True(held.Select(text => text.Result.Text).Distinct(StringComparer.Ordinal).Count() > 1);
    }

    [Fact]
    public void Who_finds_no_room_waits_for_others_to_end()
    {
        using var model = TinyModels.Make("dense");
        using var engine = New(model, 96);
        var options = new GenerationOptions { MaxTokens = 40 };
        var first = engine.Start([1, 2], options);
        Assert.Null(engine.TryStart([3, 4], options));
        Assert.Throws<BadRequestException>(() => engine.Start([3, 4], options));
        while (!first.HasEnded) engine.Step();
        Assert.NotNull(engine.TryStart([3, 4], options));
        Assert.Single(engine.Running);
    }

    [Fact]
    public void A_text_that_fails_disturbs_no_other()
    {
        using var model = TinyModels.Make("dense");
        using var engine = New(model, 300);
        var everything = Enumerable.Range(0, 260).ToDictionary(id => id, _ => float.NegativeInfinity);
        var bad = engine.Start([1], new GenerationOptions { Sampling = new() { LogitBias = everything } });
        var good = engine.Start([1], new GenerationOptions { MaxTokens = 5 });
        while (engine.Step()) { }
        Assert.Equal(5, good.Result.Tokens.Count);
        Assert.True(bad.HasEnded);
        Assert.Throws<BadRequestException>(() => bad.Result);
    }

    [Fact]
    public void A_disposed_text_leaves_its_room()
    {
        using var model = TinyModels.Make("dense");
        using var engine = New(model, 96);
        var first = engine.Start([1], new GenerationOptions { MaxTokens = 90 });
        engine.Step();
        first.Dispose();
        Assert.False(engine.Step());
        Assert.False(first.HasEnded);
        Assert.Throws<InvalidOperationException>(() => first.Result);
        Assert.Equal(3, engine.Cache.Available);
    }

    [Fact]
    public void The_next_turn_of_a_conversation_computes_only_what_is_new()
    {
        using var model = TinyModels.Make("mixture");
        using var engine = New(model, 96);
        var first = Finish(engine, TinyModels.Tokens(40), 20);
        int[] next = [.. TinyModels.Tokens(40), .. first.Tokens, 5, 6, 7];
        var before = engine.ComputedTokens;
        var second = Finish(engine, next, 1);
        // The last generated token was never run: 59 are in the cache, of which 32 fill a page.
        Assert.Equal((32, 63 - 32), (second.ReusedTokens, engine.ComputedTokens - before));
        Assert.Equal(63, second.PromptTokens);
    }

    [Fact]
    public void Log_probabilities_come_with_each_token_when_asked_for()
    {
        using var model = TinyModels.Make("dense");
        using var engine = New(model, 96);
        var plain = Finish(engine, [1, 2, 3], 6);
        Assert.Null(plain.LogProbabilities);
        var generation = engine.Start([1, 2, 3], new GenerationOptions { MaxTokens = 6, LogProbabilities = 3 });
        while (engine.Step()) { }
        var result = generation.Result;
        Assert.Equal(plain.Tokens, result.Tokens);
        Assert.Equal(result.Tokens, result.LogProbabilities!.Select(c => c.Token.Id));
        Assert.All(result.LogProbabilities!, c =>
        {
            Assert.Equal(3, c.Top.Count);
            Assert.Equal(c.Token, c.Top[0]);        // greedy takes the most likely
            Assert.InRange(c.Token.LogProbability, -5.6f, 0);
        });
        Assert.Throws<BadRequestException>(() => engine.Start([1], new GenerationOptions { LogProbabilities = 101 }));
    }

    static Engine New(Model model, int cacheTokens) => new(model, Tokenizer, Never, new BatchOptions { CacheTokens = cacheTokens });

    static GenerationResult Finish(Engine engine, int[] prompt, int tokens)
    {
        var generation = engine.Start(prompt, new GenerationOptions { MaxTokens = tokens });
        while (!generation.HasEnded) engine.Step();
        return generation.Result;
    }
}

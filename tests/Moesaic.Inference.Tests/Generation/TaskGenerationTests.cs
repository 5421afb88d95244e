using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text.Tests;

namespace Moesaic.Inference.Tests;

/// <summary>Models whose routers decide by task.</summary>
public class TaskGenerationTests
{
    static readonly ByteTokenizer Tokenizer = new(addsBos: true, "<s>", "</s>", "<a>", "<b>");
    static readonly HashSet<int> Never = [];

    static Model Make()
    {
        var mixture = new MixtureSpec(new RouterSpec { Experts = 4, Chosen = 1, Weight = CombineWeight.Raw, Key = RouterKey.Task, Keys = 2, KeyWidth = 8 }, [24, 24, 24, 24]);
        var attention = new AttentionSpec(4, 2, 8);
        var model = new Model(new ModelSpec
        {
            VocabularySize = 260, Width = 32, MaxPositions = TinyModels.Context, NormEpsilon = 1e-5f, Rope = new RopeConfig(10_000), TiedEmbeddings = false,
            Layers = [new(attention, mixture), new(attention, mixture), new(attention, mixture)], Tasks = ["code", "prose"],
        });
        ModelInitialiser.Randomise(model, seed: 3, deviation: 0.5);
        return model;
    }

    static GenerationOptions Of(string? task) => new() { MaxTokens = 12, Task = task };

    [Fact]
    public void Texts_of_several_tasks_in_one_batch_are_those_generated_alone()
    {
        using var model = Make();
        // Longer than a page of the cache, and the same: only the task tells them apart.
        var prompt = TinyModels.Tokens(70);
        var alone = new[] { "code", "prose" }.Select(task =>
        {
            using var generator = new Generator(model, Tokenizer, Never);
            return generator.Generate(prompt, Of(task)).Tokens.ToArray();
        }).ToArray();
        Assert.NotEqual(alone[0], alone[1]);

        using var engine = new Engine(model, Tokenizer, Never, new BatchOptions { CacheTokens = 1000 });
        var texts = new[] { "code", "prose", "code", "prose" }.Select(task => engine.Start(prompt, Of(task))).ToList();
        while (engine.Step()) { }
        for (var i = 0; i < texts.Count; i++) Assert.Equal(alone[i % 2], texts[i].Result.Tokens);
    }

    [Fact]
    public void What_one_task_left_in_the_cache_is_for_that_task_alone()
    {
        using var model = Make();
        var prompt = TinyModels.Tokens(70);
        using var engine = new Engine(model, Tokenizer, Never, new BatchOptions { CacheTokens = 1000 });
        int Reused(string task)
        {
            var text = engine.Start(prompt, Of(task));
            while (engine.Step()) { }
            return text.Result.ReusedTokens;
        }
        Assert.Equal(0, Reused("code"));
        Assert.Equal(0, Reused("prose"));
        Assert.Equal(64, Reused("code"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("poetry")]
    public void A_missing_or_unknown_task_is_refused_with_those_there_are(string? task)
    {
        using var model = Make();
        using var generator = new Generator(model, Tokenizer, Never);
        Assert.Contains("code, prose", Assert.Throws<BadRequestException>(() => generator.Generate("text", Of(task))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_without_tasks_refuses_one()
    {
        using var model = TinyModels.Make("dense");
        using var generator = new Generator(model, Tokenizer, Never);
        Assert.Contains("leave it out", Assert.Throws<BadRequestException>(() => generator.Generate("text", Of("code"))).Message, StringComparison.Ordinal);
        using var decoder = new BatchDecoder(model, new BatchOptions { CacheTokens = 100 });
        Assert.Throws<ArgumentException>(() => decoder.Add([1], 10, task: 0));
    }
}

using Moesaic.Models;
using Moesaic.Models.Experts;
using Moesaic.Tensors;
using Moesaic.Text.Tests;

namespace Moesaic.Inference.Tests;

/// <summary>What a request can ask for besides the text.</summary>
public sealed class QueueAnswersTests : IDisposable
{
    static readonly ByteTokenizer Tokenizer = new(addsBos: true, "<s>", "</s>", "<a>", "<b>");
    static readonly HashSet<int> Never = [];

    readonly Model model = TinyModels.Make("mixture");

    public void Dispose() => model.Dispose();

    [Theory]
    [InlineData(7)]
    [InlineData(40)]
    [InlineData(256)]
    public async Task Log_probabilities_of_a_prompt_are_those_of_one_pass_over_it_whatever_is_cached(int chunk)
    {
        using var queue = New(300, chunk);
        var prompt = TinyModels.Tokens(80);
        var plain = new GenerationRequest { Prompt = prompt, Options = new() { MaxTokens = 3 } };
        var before = (await queue.Generate(plain).ToEndAsync())[0];
        var scored = (await queue.Generate(plain with { PromptLogProbabilities = 3 }).ToEndAsync())[0];
        Assert.Equal(before.Tokens.Select(token => token.Id), scored.Tokens.Select(token => token.Id));
        Assert.Equal(0, scored.Usage!.CachedTokens);
        AssertScores(prompt, scored.Prompt!, 3);

        var only = (await queue.Generate(plain with { PromptLogProbabilities = 0, PromptOnly = true }).ToEndAsync())[0];
        Assert.Equal((0, "", FinishReason.Length), (only.Tokens.Count, only.Text, only.FinishReason));
        Assert.Equal(scored.Prompt!.Select(token => token.Token), only.Prompt!.Select(token => token.Token));
    }

    [Fact]
    public async Task Several_texts_read_their_prompt_once()
    {
        using var queue = New(1200, 64);
        var request = new GenerationRequest
        {
            Prompt = TinyModels.Tokens(70), Options = new() { MaxTokens = 9, Sampling = new() { Temperature = 2, Seed = 5 } },
        };
        var computed = queue.Status.ComputedTokens;
        var texts = await queue.Generate(request with { Count = 4 }).ToEndAsync();
        await Settled(queue);
        Assert.Equal(70 + (4 * 8), queue.Status.ComputedTokens - computed);
        for (var i = 0; i < 4; i++)
        {
            using var generator = new Generator(model, Tokenizer, Never);
            var alone = generator.Generate(request.Prompt.Span, request.Options with { Sampling = request.Options.Sampling with { Seed = 5 + (ulong)i } });
            Assert.Equal((i, alone.Text), (texts[i].Index, texts[i].Text));
            Assert.Equal(alone.Tokens, texts[i].Tokens.Select(token => token.Id));
            Assert.Equal(0, texts[i].Usage!.CachedTokens);
        }
        Assert.Equal((0, 0), (queue.Status.Cache.Used, queue.Status.Cache.Reserved));
        Assert.True(texts.Select(text => text.Text).Distinct().Count() > 1);
    }

    [Fact]
    public async Task Several_texts_that_are_cancelled_while_their_prompt_is_read_give_all_room_back()
    {
        using var queue = New(1200, 1);
        using var cancel = new CancellationTokenSource();
        var stream = queue.Generate(new GenerationRequest { Prompt = TinyModels.Tokens(90), Count = 4 }, cancel.Token).ToEndAsync();
        cancel.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream);
        await Settled(queue);
        Assert.Equal((0, 0), (queue.Status.Cache.Used, queue.Status.Cache.Reserved));
    }

    [Fact]
    public async Task Routing_is_what_a_pass_over_the_text_decides_and_load_counts_it()
    {
        using var queue = New(300, 16);
        var prompt = TinyModels.Tokens(41);
        var other = queue.Generate(new GenerationRequest { Prompt = TinyModels.Tokens(50, 3), Options = new() { MaxTokens = 30 } }).ToEndAsync();
        var text = (await queue.Generate(new GenerationRequest { Prompt = prompt, WantsRouting = true, Options = new() { MaxTokens = 5 } }).ToEndAsync())[0];
        await other;
        int[] all = [.. prompt, .. text.Tokens.Select(token => token.Id)];
        using var workspace = new Workspace();
        var keepers = model.NewStatistics().Select(_ => new Keeper()).ToArray();
        var input = PassInput.Sequence(all);
        input.Statistics = keepers.Select(keeper => new RoutingStatistics(6) { Observer = keeper }).ToArray();
        model.Hidden(workspace, input);
        for (var i = 0; i < 5; i++)
        {
            var routing = text.Tokens[i].Routing!;
            Assert.Equal([1, 2], routing.Select(layer => layer.Layer));
            for (var l = 0; l < 2; l++)
            {
                Assert.Equal(keepers[l].Chosen.AsSpan(2 * (prompt.Length - 1 + i), 2).ToArray(), routing[l].Experts);
                Assert.Equal(1, routing[l].Weights.Sum(), 1e-5);
            }
        }
        await Settled(queue);
        Assert.All(queue.ExpertLoad, load => Assert.Equal((queue.Status.ComputedTokens, 2 * load.Tokens), (load.Tokens, load.Slots.Sum())));
        Assert.Equal(41 + 4 + 50 + 29, queue.Status.ComputedTokens);
    }

    [Theory]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Last)]
    [InlineData(Pooling.None)]
    public async Task Embeddings_are_pooled_hidden_states(Pooling pooling)
    {
        using var queue = New(300, 16);
        var prompt = TinyModels.Tokens(96, 2);
        using var workspace = new Workspace();
        var hidden = model.Hidden(workspace, PassInput.Sequence(prompt));
        foreach (var normalise in new[] { false, true })
        {
            var beside = queue.Generate(new GenerationRequest { Prompt = new[] { 3 } }).ToEndAsync();
            var embedding = await queue.EmbedAsync(new EmbeddingRequest { Prompt = prompt, Pooling = pooling, Normalise = normalise });
            await beside;
            float[][] expected = pooling switch
            {
                Pooling.None => [.. Enumerable.Range(0, 96).Select(t => hidden.Row(t).ToArray())],
                Pooling.Last => [hidden.Row(95).ToArray()],
                _ => [[.. Enumerable.Range(0, hidden.Columns).Select(c => (float)Enumerable.Range(0, 96).Average(t => (double)hidden.Row(t)[c]))]],
            };
            Assert.Equal((expected.Length, 96), (embedding.Vectors.Count, embedding.Tokens));
            for (var v = 0; v < expected.Length; v++)
            {
                var length = normalise ? Math.Sqrt(expected[v].Sum(x => (double)x * x)) : 1;
                Assert.All(expected[v].Zip(embedding.Vectors[v]), pair => Assert.Equal(pair.First / length, pair.Second, 1e-5));
            }
        }
    }

    void AssertScores(int[] prompt, IReadOnlyList<ChosenToken> scores, int top)
    {
        using var workspace = new Workspace();
        var logits = model.Logits(workspace, model.Hidden(workspace, PassInput.Sequence(prompt)));
        Assert.Equal(prompt.Length - 1, scores.Count);
        for (var t = 1; t < prompt.Length; t++)
        {
            var row = logits.Row(t - 1).ToArray();
            var total = Math.Log(row.Sum(z => Math.Exp(z)));
            Assert.Equal(prompt[t], scores[t - 1].Token.Id);
            Assert.Equal(row[prompt[t]] - total, scores[t - 1].Token.LogProbability, 1e-4);
            Assert.Equal(Enumerable.Range(0, row.Length).OrderByDescending(id => row[id]).Take(top), scores[t - 1].Top.Select(token => token.Id));
        }
    }

    static async Task Settled(GenerationQueue queue)
    {
        while (queue.Status.Running > 0) await Task.Delay(5, TestContext.Current.CancellationToken);
    }

    GenerationQueue New(int cacheTokens, int chunk) => new(new Engine(model, Tokenizer, Never, new BatchOptions { CacheTokens = cacheTokens, Chunk = chunk }));

    sealed class Keeper : IRoutingObserver
    {
        public int[] Chosen { get; private set; } = [];

        public void Observe(in Routing routing) => Chosen = routing.Chosen.ToArray();
    }
}

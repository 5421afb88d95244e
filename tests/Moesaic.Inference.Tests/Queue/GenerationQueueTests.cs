using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text.Tests;

namespace Moesaic.Inference.Tests;

public sealed class GenerationQueueTests : IDisposable
{
    static readonly ByteTokenizer Tokenizer = new(addsBos: true, "<s>", "</s>", "<a>", "<b>");
    static readonly HashSet<int> Never = [];
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly Model model = TinyModels.Make("mixture");

    public void Dispose() => model.Dispose();

    [Fact]
    public async Task Threads_get_the_texts_they_would_get_alone()
    {
        using var queue = New(cacheTokens: 320);
        var requests = Enumerable.Range(0, 24).Select(i => new GenerationRequest
        {
            Prompt = TinyModels.Tokens(1 + (i * 3), i % 5), Client = $"client {i % 3}",
            Options = new GenerationOptions { MaxTokens = 1 + (i % 9), Sampling = new() { Temperature = i % 2, Seed = (ulong)i } },
        }).ToList();
        var results = await Task.WhenAll(requests.Select(r => Task.Run(() => queue.Generate(r).ToEndAsync()))).WaitAsync(Patience);
        for (var i = 0; i < requests.Count; i++)
        {
            var alone = Alone(requests[i]);
            Assert.Equal(alone.Tokens, results[i][0].Tokens.Select(token => token.Id));
            Assert.Equal(alone.Text, results[i][0].Text);
            Assert.Equal(alone.FinishReason, results[i][0].FinishReason);
            Assert.Equal((requests[i].Prompt.Length, alone.Tokens.Count), (results[i][0].Usage!.PromptTokens, results[i][0].Usage!.CompletionTokens));
        }
        Assert.Equal(0, queue.Status.Waiting);
    }

    [Fact]
    public async Task A_stream_brings_every_token_once_and_joins_what_was_not_read()
    {
        using var queue = New(cacheTokens: 200);
        var request = new GenerationRequest { Prompt = new[] { 1, 2 }, Options = new() { MaxTokens = 30, LogProbabilities = 2 } };
        var pieces = new List<GenerationPiece>();
        await foreach (var piece in queue.Generate(request)) pieces.Add(piece);
        var alone = Alone(request);
        Assert.Equal(alone.Tokens, pieces.SelectMany(piece => piece.Tokens).Select(token => token.Id));
        Assert.Equal(alone.Text, string.Concat(pieces.Select(piece => piece.Text)));
        Assert.All(pieces.SkipLast(1), piece => Assert.Null(piece.FinishReason));
        Assert.Equal(alone.LogProbabilities!.Select(chosen => chosen.Token), pieces.SelectMany(piece => piece.Tokens).Select(token => token.LogProbability!.Token));

        // Nobody reads until all is over: the thread has not waited for that.
        var late = queue.Generate(request);
        await Until(() => queue.Status.Ended == 2);
        pieces.Clear();
        await foreach (var piece in late) pieces.Add(piece);
        Assert.Equal(alone.Text, Assert.Single(pieces).Text);
        await Assert.ThrowsAsync<InvalidOperationException>(() => late.ToEndAsync());
    }

    [Fact]
    public async Task Cancelling_and_leaving_free_the_pages_and_make_room_for_the_next()
    {
        using var queue = New(cacheTokens: 96);
        using var cancel = new CancellationTokenSource();
        foreach (var leaves in new[] { false, true })
        {
            var stream = queue.Generate(Endless(1), leaves ? default : cancel.Token);
            // Needs the whole cache, so it waits; it is cancelled while it does.
            using var second = new CancellationTokenSource();
            var waiting = queue.Generate(Endless(2), second.Token).ToEndAsync();
            second.Cancel();
            if (!leaves) cancel.Cancel();
            if (leaves) await foreach (var _ in stream) break;
            else await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ToEndAsync().WaitAsync(Patience));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
            await Until(() => queue.Status is { Running: 0, Waiting: 0, Cache: { Used: 0, Reserved: 0 } });
        }
        Assert.Equal(2, (await queue.Generate(Short(3)).ToEndAsync().WaitAsync(Patience))[0].Tokens.Count);
    }

    [Fact]
    public async Task A_deadline_ends_what_waits_and_what_runs()
    {
        using var queue = New(cacheTokens: 96);
        var slow = queue.Generate(Endless(1) with { Deadline = TimeSpan.FromMilliseconds(60) });
        var waiting = queue.Generate(Endless(2) with { Deadline = TimeSpan.FromMilliseconds(20) });
        await Assert.ThrowsAsync<TimeoutException>(() => waiting.ToEndAsync().WaitAsync(Patience));
        await Assert.ThrowsAsync<TimeoutException>(() => slow.ToEndAsync().WaitAsync(Patience));
        await Until(() => queue.Status.Cache is { Used: 0, Reserved: 0 });
    }

    [Fact]
    public async Task A_request_that_fails_harms_no_other()
    {
        using var queue = New(cacheTokens: 200);
        var good = queue.Generate(Short(1) with { Options = new() { MaxTokens = 30 } }).ToEndAsync();
        Assert.Throws<BadRequestException>(() => queue.Generate(Short(1) with { Prompt = Array.Empty<int>() }));
        Assert.Equal(96, Assert.Throws<ContextExceededException>(() => queue.Generate(Short(1) with { Prompt = TinyModels.Tokens(96) })).PromptTokens);
        Assert.Throws<ArgumentException>(() => queue.Generate(Short(260)));
        Assert.Throws<BadRequestException>(() => queue.Generate(Endless(1) with { Count = 9 }));
        Assert.Throws<BadRequestException>(() => queue.Generate(Short(1) with { Deadline = TimeSpan.Zero }));
        var everything = Enumerable.Range(0, 260).ToDictionary(id => id, _ => float.NegativeInfinity);
        await Assert.ThrowsAsync<BadRequestException>(() =>
            queue.Generate(Short(1) with { Options = new() { Sampling = new() { LogitBias = everything } } }).ToEndAsync().WaitAsync(Patience));
        Assert.Equal(30, (await good.WaitAsync(Patience))[0].Tokens.Count);
    }

    [Fact]
    public async Task Clients_take_turns_and_a_full_queue_refuses()
    {
        using var queue = new GenerationQueue(NewEngine(96), new QueueOptions { Capacity = 5, Running = 1 });
        var order = new List<string>();
        using var hold = new CancellationTokenSource();
        var holder = queue.Generate(Endless(1), hold.Token).ToEndAsync();
        await Until(() => queue.Status.Running == 1);
        // Noted on the queue's thread: readers wake in any order.
        var tasks = new[] { "a", "a", "a", "b", "c" }.Select((client, i) => queue.Generate(Short(i) with
        {
            Client = client, Options = new() { MaxTokens = 2, Constraint = new SeenConstraint(() => order.Add($"{client}{i}")) },
        }).ToEndAsync()).ToList();
        var refusal = Assert.Throws<QueueFullException>(() => queue.Generate(Short(9)));
        Assert.InRange(refusal.RetryAfter.TotalSeconds, 1, 60);
        hold.Cancel();
        await Task.WhenAll(tasks).WaitAsync(Patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => holder);
        Assert.Equal(["a0", "b3", "c4", "a1", "a2"], order);
    }

    [Fact]
    public async Task With_nothing_to_do_it_sleeps()
    {
        using var queue = New(cacheTokens: 96);
        await queue.Generate(Short(1)).ToEndAsync().WaitAsync(Patience);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        var rounds = queue.Rounds;
        Assert.InRange(rounds, 2, 3);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal(rounds, queue.Rounds);
    }

    [Fact]
    public async Task Draining_refuses_the_new_and_ends_the_old()
    {
        using var queue = New(cacheTokens: 96);
        var texts = Enumerable.Range(0, 4).Select(i => queue.Generate(Short(i) with { Options = new() { MaxTokens = 20 } }).ToEndAsync()).ToList();
        var drained = queue.DrainAsync(TestContext.Current.CancellationToken);
        Assert.Throws<QueueClosedException>(() => queue.Generate(Short(1)));
        Assert.Throws<QueueClosedException>(() => { _ = queue.EmbedAsync(new EmbeddingRequest { Prompt = new[] { 1 } }); });
        await drained.WaitAsync(Patience);
        Assert.All(await Task.WhenAll(texts).WaitAsync(Patience), text => Assert.Equal(20, text[0].Tokens.Count));
        Assert.Equal(4, queue.Status.Ended);
    }

    [Fact]
    public async Task Disposing_cancels_what_has_not_ended()
    {
        var queue = New(cacheTokens: 96);
        var texts = Enumerable.Range(0, 3)
            .Select(i => queue.Generate(Endless(i)).ToEndAsync()).ToList();
        queue.Dispose();
        Assert.Throws<QueueClosedException>(() => queue.Generate(Short(1)));
        foreach (var text in texts) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => text.WaitAsync(Patience));
        await queue.DrainAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        queue.Dispose();
    }

    // At 20 ms a token it lasts until the cache is full, for seconds, on the fastest machine too.
    static GenerationRequest Endless(int id) => new() { Prompt = new[] { id }, Options = new() { MaxTokens = null, Constraint = new SlowConstraint() } };

    static GenerationRequest Short(int id) => new() { Prompt = new[] { id }, Options = new() { MaxTokens = 2 } };

    static async Task Until(Func<bool> holds)
    {
        for (var i = 0; !holds(); i++)
        {
            Assert.True(i < 6000);
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    GenerationResult Alone(GenerationRequest request)
    {
        using var generator = new Generator(model, Tokenizer, Never);
        return generator.Generate(request.Prompt.Span, request.Options);
    }

    Engine NewEngine(int cacheTokens) => new(model, Tokenizer, Never, new BatchOptions { CacheTokens = cacheTokens });

    GenerationQueue New(int cacheTokens) => new(NewEngine(cacheTokens));
}

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
        var requests = Enumerable.Range(0, 24).Select(i => (
            Prompt: TinyModels.Tokens(1 + (i * 3), i % 5),
            Options: new GenerationOptions { MaxTokens = 1 + (i % 9), Sampling = new() { Temperature = i % 2, Seed = (ulong)i } })).ToList();
        var written = requests.Select(_ => new List<string>()).ToList();
        var results = await Task.WhenAll(requests.Select((r, i) => Task.Run(() => queue.GenerateAsync(r.Prompt, r.Options, written[i].Add))))
            .WaitAsync(Patience);
        for (var i = 0; i < requests.Count; i++)
        {
            using var generator = new Generator(model, Tokenizer, Never);
            Assert.Equal(generator.Generate(requests[i].Prompt, requests[i].Options).Tokens, results[i].Tokens);
            Assert.Equal(results[i].Text, string.Concat(written[i]));
        }
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public async Task Cancelling_ends_a_text_and_makes_room_for_the_next()
    {
        using var queue = New(cacheTokens: 96);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var started = new TaskCompletionSource();
        // Long enough to be running when it is cancelled: it waits for that inside its first piece.
        var running = queue.GenerateAsync(new[] { 1 }, Endless, _ =>
        {
            started.TrySetResult();
            first.Token.WaitHandle.WaitOne(Patience);
        }, first.Token);
        await started.Task.WaitAsync(Patience);
        var waiting = queue.GenerateAsync(new[] { 2 }, Endless, null, second.Token);
        var last = queue.GenerateAsync(new[] { 3 }, new GenerationOptions { MaxTokens = 2 });
        Assert.Equal(2, queue.Waiting);
        second.Cancel();
        first.Cancel();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Patience));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
        Assert.Equal(2, (await last.WaitAsync(Patience)).Tokens.Count);
    }

    [Fact]
    public async Task A_request_that_fails_harms_no_other()
    {
        using var queue = New(cacheTokens: 200);
        var good = queue.GenerateAsync(new[] { 1 }, new GenerationOptions { MaxTokens = 30 });
        await Assert.ThrowsAsync<BadRequestException>(() => queue.GenerateAsync(Array.Empty<int>(), new GenerationOptions()).WaitAsync(Patience));
        await Assert.ThrowsAsync<BadRequestException>(() => queue.GenerateAsync(TinyModels.Tokens(96), new GenerationOptions()).WaitAsync(Patience));
        await Assert.ThrowsAsync<ArgumentException>(() => queue.GenerateAsync(new[] { 260 }, new GenerationOptions()).WaitAsync(Patience));
        var everything = Enumerable.Range(0, 260).ToDictionary(id => id, _ => float.NegativeInfinity);
        await Assert.ThrowsAsync<BadRequestException>(() =>
            queue.GenerateAsync(new[] { 1 }, new GenerationOptions { Sampling = new() { LogitBias = everything } }).WaitAsync(Patience));
        await Assert.ThrowsAsync<FormatException>(() =>
            queue.GenerateAsync(new[] { 1 }, Endless, _ => throw new FormatException()).WaitAsync(Patience));
        Assert.Equal(30, (await good.WaitAsync(Patience)).Tokens.Count);
    }

    [Fact]
    public async Task With_nothing_to_do_it_sleeps()
    {
        using var queue = New(cacheTokens: 96);
        await queue.GenerateAsync(new[] { 1 }, new GenerationOptions { MaxTokens = 3 }).WaitAsync(Patience);
        await Task.Delay(50, TestContext.Current.CancellationToken);
        var rounds = queue.Rounds;
        Assert.InRange(rounds, 3, 4);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        Assert.Equal(rounds, queue.Rounds);
    }

    [Fact]
    public async Task Disposing_cancels_what_has_not_ended()
    {
        var queue = New(cacheTokens: 96);
        using var release = new ManualResetEventSlim();
        var running = queue.GenerateAsync(new[] { 1 }, Endless, _ => release.Wait(Patience));
        var waiting = queue.GenerateAsync(new[] { 2 }, Endless);
        var disposing = Task.Run(queue.Dispose, TestContext.Current.CancellationToken);
        var late = new List<Task>();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () =>
        {
            for (; ; await Task.Delay(5, TestContext.Current.CancellationToken)) late.Add(queue.GenerateAsync(new[] { 3 }, Endless));
        });
        release.Set();
        await disposing.WaitAsync(Patience);
        foreach (var task in late.Append(running).Append(waiting))
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.WaitAsync(Patience));
        queue.Dispose();
    }

    static GenerationOptions Endless => new() { MaxTokens = null };

    GenerationQueue New(int cacheTokens) => new(new Engine(model, Tokenizer, Never, new BatchOptions { CacheTokens = cacheTokens }));
}

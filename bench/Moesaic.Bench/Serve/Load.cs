using System.Collections.Concurrent;
using System.Diagnostics;

namespace Moesaic.Bench.Serve;

/// <summary>
/// Requests that come when they come, whether or not earlier ones are answered (open loop): exponential intervals, shared among clients by
/// chance.
/// </summary>
/// <param name="clients">The clients.</param>
/// <param name="kinds">What they send.</param>
/// <param name="seed">The same requests in the same order each time.</param>
sealed class Load(IReadOnlyList<LoadClient> clients, IReadOnlyList<RequestKind> kinds, int seed)
{
    /// <summary>Seconds after which a request is stuck.</summary>
    const int Patience = 60;

    /// <summary>Seconds by which this program may be late.</summary>
    const double Latest = 0.5;

    readonly int weights = kinds.Sum(k => k.Weight);

    /// <summary>Seconds by which this program itself was late, as on a machine that stands still; what was due meanwhile was left out.</summary>
    public double Late { get; private set; }

    /// <summary>Everything that came of it.</summary>
    public ConcurrentQueue<Attempt> Attempts { get; } = new();

    /// <summary>Sends until the time is over, and waits for the rest.</summary>
    /// <param name="rate">Requests a second.</param>
    /// <param name="time">How long.</param>
    /// <param name="serverGone">Whether the server may be gone: what fails then is no fault.</param>
    public async Task RunAsync(double rate, TimeSpan time, Func<bool>? serverGone = null)
    {
        var random = new Random(seed);
        var start = Stopwatch.GetTimestamp();
        var due = 0.0;
        var running = new List<Task>();
        while ((due += -Math.Log(1 - random.NextDouble()) / rate) < time.TotalSeconds)
        {
            var wait = due - Stopwatch.GetElapsedTime(start).TotalSeconds;
            if (wait > 0) await Task.Delay(TimeSpan.FromSeconds(wait));
            else if (wait < -Latest) (Late, due) = (Late - wait, due - wait);
            var (client, kind, own) = (clients[random.Next(clients.Count)], Draw(random), new Random(random.Next()));
            running.Add(Task.Run(() => OneAsync(client, kind, own, serverGone)));
            if (running.Count % 1000 == 0) running.RemoveAll(t => t.IsCompletedSuccessfully);
        }
        await Task.WhenAll(running);
    }

    /// <summary>As many at a time as there are clients, each sending again when it is answered (closed loop).</summary>
    /// <returns>Requests answered a second.</returns>
    public async Task<double> CapacityAsync(TimeSpan time)
    {
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(clients.Select((client, i) => Task.Run(async () =>
        {
            var random = new Random(seed + i);
            while (Stopwatch.GetElapsedTime(start) < time) await OneAsync(client, Draw(random), random, null);
        })));
        return Attempts.Count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    RequestKind Draw(Random random)
    {
        var left = random.Next(weights);
        return kinds.First(k => (left -= k.Weight) < 0);
    }

    async Task OneAsync(LoadClient client, RequestKind kind, Random random, Func<bool>? serverGone)
    {
        var attempt = new Attempt(kind);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(Patience));
        try
        {
            await kind.Act(client, random, attempt, patience.Token);
            if (!kind.Expects(attempt.Status)) attempt.Fault ??= $"status {attempt.Status}";
        }
        catch (OperationCanceledException)
        {
            attempt.Fault = $"stuck for {Patience} s";
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            attempt.Status = 0;
            if (!kind.Expects(0)) attempt.Fault = e.Message;
        }
        if (serverGone?.Invoke() == true) attempt.Fault = null;
        Attempts.Enqueue(attempt);
    }
}

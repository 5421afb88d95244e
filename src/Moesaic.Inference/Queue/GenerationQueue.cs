using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Inference;

/// <summary>
/// Texts and embeddings asked for by any thread and computed together on a thread of its own. Requests start as there is room for them,
/// those of several clients by turns, those of one in the order of their arrival; nobody overtakes, so that long ones get their turn. With
/// nothing to do the thread sleeps.
/// </summary>
public sealed class GenerationQueue : IDisposable
{
    readonly Engine engine;
    readonly QueueOptions options;
    readonly Thread thread;
    readonly object gate = new();
    readonly WaitingLine waiting = new();       // shared, under the gate
    readonly List<QueueJob> running = [];       // of the thread
    (bool Asked, RoutingPolicies? Policies) exchange;      // shared, under the gate
    RoutingPolicies? policies;
    QueueStatus status;
    TaskCompletionSource? drained;
    QueueClosedException? closed;
    Exception? end;
    double meanSeconds = 1;
    long ended;

    /// <summary>Starts the thread.</summary>
    /// <param name="engine">Nobody else may use it from now on; it is disposed with the queue.</param>
    /// <param name="options">Sizes; null for the defaults.</param>
    /// <exception cref="BadRequestException">A size is out of range.</exception>
    public GenerationQueue(Engine engine, QueueOptions? options = null)
    {
        this.options = options ?? new QueueOptions();
        this.options.Validate();
        this.engine = engine;
        policies = engine.Policies;
        engine.WatchExperts();
        status = Look(0);
        thread = new Thread(Run) { IsBackground = true, Name = "moesaic generation" };
        thread.Start();
    }

    /// <inheritdoc cref="Engine.Context"/>
    public int Context => engine.Context;

    /// <summary>What it is doing.</summary>
    public QueueStatus Status
    {
        get
        {
            lock (gate) return status with { Waiting = waiting.Count };
        }
    }

    /// <summary>How often the experts of each mixture layer were chosen since the start, prompts included; lock-free, at most a step old.</summary>
    public IReadOnlyList<ExpertLoad> ExpertLoad => engine.ExpertLoad();

    /// <summary>The policies in force, or asked for and in force from the next step on; null: the model's own.</summary>
    public RoutingPolicies? Policies
    {
        get
        {
            lock (gate) return policies;
        }
    }

    /// <summary>Exchanges the routing policies between two steps, see <see cref="BatchDecoder.Policies"/>. May be called by any thread.</summary>
    /// <param name="policies">Null for the model's own.</param>
    /// <exception cref="BadRequestException">A policy means nothing at its router.</exception>
    public void Exchange(RoutingPolicies? policies)
    {
        engine.Check(policies);
        lock (gate) (exchange, this.policies) = ((true, policies), policies);
    }

    /// <summary>What ended the thread against its will: a defect, after which the queue refuses everything. Null as long as all is well.</summary>
    public Exception? Failure
    {
        get
        {
            lock (gate) return closed?.InnerException;
        }
    }

    /// <summary>Rounds of the thread.</summary>
    internal long Rounds { get; private set; }

    /// <summary>Asks for texts.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellation">Ends the request after the current step.</param>
    /// <returns>The answer, at once; the work goes on whether it is read or not.</returns>
    /// <exception cref="ContextExceededException">The prompt leaves no room in the context.</exception>
    /// <exception cref="BadRequestException">The prompt is empty, an option is out of range, or the texts do not fit the cache even alone.</exception>
    /// <exception cref="ArgumentException">An id lies outside the vocabulary.</exception>
    /// <exception cref="QueueFullException">Too many wait.</exception>
    /// <exception cref="QueueClosedException">The queue drains or was disposed.</exception>
    public GenerationStream Generate(GenerationRequest request, CancellationToken cancellation = default)
    {
        engine.Check(request);
        var stream = new GenerationStream(request.Count);
        Ask(new GenerationJob(request, stream, cancellation));
        return stream;
    }

    /// <summary>Asks for the hidden states of a text.</summary>
    /// <param name="request">The text and what becomes of them.</param>
    /// <param name="cancellation">Ends the request after the current step.</param>
    /// <exception cref="ContextExceededException">The text is longer than the context; not by the task, but at once, as all but the last.</exception>
    /// <exception cref="BadRequestException">The text is empty or an option is out of range.</exception>
    /// <exception cref="ArgumentException">An id lies outside the vocabulary.</exception>
    /// <exception cref="QueueFullException">Too many wait.</exception>
    /// <exception cref="QueueClosedException">The queue drains or was disposed.</exception>
    /// <exception cref="TimeoutException">The deadline is over; by the task.</exception>
    public Task<TextEmbedding> EmbedAsync(EmbeddingRequest request, CancellationToken cancellation = default)
    {
        engine.Check(request);
        var job = new EmbeddingJob(request, cancellation);
        Ask(job);
        return job.Task;
    }

    /// <summary>Takes no more requests and lets those end that were asked before.</summary>
    /// <param name="cancellation">Ends the waiting; the queue goes on draining until it is disposed.</param>
    public Task DrainAsync(CancellationToken cancellation = default)
    {
        lock (gate)
        {
            closed ??= new QueueClosedException("The queue is closing: it takes no more requests.");
            drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (end is not null) drained.TrySetResult();
            Monitor.Pulse(gate);
            return drained.Task.WaitAsync(cancellation);
        }
    }

    /// <summary>Stops after the current step; requests that have not ended are cancelled.</summary>
    public void Dispose()
    {
        Stop(new OperationCanceledException("The queue was disposed."), new QueueClosedException("The queue was disposed: it takes no more requests."));
        if (Thread.CurrentThread != thread) thread.Join();
    }

    void Ask(QueueJob job)
    {
        lock (gate)
        {
            if (closed is not null) throw new QueueClosedException(closed.Message, closed.InnerException);
            if (waiting.Count >= options.Capacity) throw new QueueFullException(waiting.Count, RetryAfter());
            waiting.Add(job);
            Monitor.Pulse(gate);
        }
    }

    TimeSpan RetryAfter() => TimeSpan.FromSeconds(Math.Clamp(Math.Ceiling(meanSeconds / Math.Max(1, status.Running)), 1, 60));

    void Run()
    {
        try
        {
            while (WaitForWork())
            {
                Rounds++;
                Admit();
                engine.Step();
                EndWhere(job => job.Advance());
            }
        }
        // A defect: whoever asked must learn of it.
        catch (Exception e)
        {
            Stop(e, new QueueClosedException("The queue failed and takes no more requests.", e));
        }
        foreach (var job in running) job.End(end!);
        lock (gate)
        {
            waiting.Clear(end!);
            drained?.TrySetResult();
        }
        engine.Dispose();
    }

    bool WaitForWork()
    {
        lock (gate)
        {
            status = Look(running.Count);
            while (end is null && waiting.Count == 0 && running.Count == 0)
            {
                drained?.TrySetResult();
                Monitor.Wait(gate);
            }
            return end is null;
        }
    }

    void Admit()
    {
        // First, so that their pages are there for those that start.
        EndWhere(job => job.TryGiveUp());
        lock (gate)
        {
            if (exchange.Asked) engine.Policies = exchange.Policies;
            exchange = default;
            ended += waiting.GiveUp();
            while (running.Count < options.Running && waiting.First is { } job && job.TryStart(engine, out var over))
            {
                waiting.RemoveFirst();
                if (over) ended++;
                else running.Add(job);
            }
            status = Look(running.Count);
        }
    }

    void EndWhere(Predicate<QueueJob> ends)
    {
        for (var i = running.Count - 1; i >= 0; i--)
        {
            if (!ends(running[i])) continue;
            lock (gate) meanSeconds += 0.2 * (running[i].RunTime.TotalSeconds - meanSeconds);
            ended++;
            running.RemoveAt(i);
        }
    }

    QueueStatus Look(int count) => new(
        0, count, engine.Cache, engine.Steps, engine.ComputedTokens, engine.GeneratedTokens, engine.CachedTokens, ended);

    void Stop(Exception why, QueueClosedException refusal)
    {
        lock (gate)
        {
            end ??= why;
            closed ??= refusal;
            Monitor.Pulse(gate);
        }
    }
}

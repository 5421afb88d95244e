using Moesaic.Formats;
using Moesaic.Models;

namespace Moesaic.Inference;

/// <summary>
/// Texts asked for by any thread and generated together on a thread of its own. They start in the order of their arrival as
/// there is room for them; nobody overtakes, so that long ones get their turn. With nothing to do the thread sleeps.
/// </summary>
public sealed class GenerationQueue : IDisposable
{
    readonly Engine engine;
    readonly Thread thread;
    readonly object gate = new();
    readonly Queue<Request> waiting = [];       // shared, under the gate
    readonly List<Request> running = [];        // of the thread
    (bool Asked, RoutingPolicies? Policies) exchange;      // shared, under the gate
    Exception? end;

    /// <summary>Starts the thread.</summary>
    /// <param name="engine">Nobody else may use it from now on; it is disposed with the queue.</param>
    public GenerationQueue(Engine engine)
    {
        this.engine = engine;
        thread = new Thread(Run) { IsBackground = true, Name = "moesaic generation" };
        thread.Start();
    }

    /// <summary>Texts that wait for room.</summary>
    public int Waiting
    {
        get
        {
            lock (gate) return waiting.Count;
        }
    }

    /// <summary>Exchanges the routing policies between two steps, see <see cref="BatchDecoder.Policies"/>. May be called by any thread.</summary>
    /// <param name="policies">Null for the model's own.</param>
    /// <exception cref="BadRequestException">A policy means nothing at its router.</exception>
    public void Exchange(RoutingPolicies? policies)
    {
        engine.Check(policies);
        lock (gate) exchange = (true, policies);
    }

    /// <summary>Rounds of the thread.</summary>
    internal long Rounds { get; private set; }

    /// <summary>Asks for a text.</summary>
    /// <param name="prompt">Token ids to continue; must stay unchanged until the task ends.</param>
    /// <param name="options">What to generate.</param>
    /// <param name="write">
    /// Is given each piece of text as soon as it is certain, on the queue's thread: what takes long there delays all texts. An
    /// exception ends this text with it.
    /// </param>
    /// <param name="cancellation">Ends the text after the current step.</param>
    /// <returns>
    /// Ends with the result, as cancelled, or with what <see cref="Engine.Start"/> and <see cref="Generation.Result"/> throw;
    /// never because the cache is full for the moment.
    /// </returns>
    /// <exception cref="ObjectDisposedException">The queue was disposed.</exception>
    public Task<GenerationResult> GenerateAsync(
        ReadOnlyMemory<int> prompt, GenerationOptions options, Action<string>? write = null, CancellationToken cancellation = default)
    {
        var request = new Request(prompt, options, write, cancellation);
        lock (gate)
        {
            if (end is not null) throw new ObjectDisposedException(nameof(GenerationQueue), end);
            waiting.Enqueue(request);
            Monitor.Pulse(gate);
        }
        return request.Task;
    }

    /// <summary>Stops after the current step; texts that have not ended are cancelled.</summary>
    public void Dispose()
    {
        Stop(new OperationCanceledException("The queue was disposed."));
        if (Thread.CurrentThread != thread) thread.Join();
    }

    void Run()
    {
        try
        {
            while (WaitForWork())
            {
                Rounds++;
                Admit();
                engine.Step();
                for (var i = running.Count - 1; i >= 0; i--)
                    if (running[i].TryEnd()) running.RemoveAt(i);
            }
        }
        // A defect: whoever asked must learn of it.
        catch (Exception e)
        {
            Stop(e);
        }
        foreach (var request in running) request.Fail(end!);
        foreach (var request in waiting) request.Fail(end!);
        engine.Dispose();
    }

    bool WaitForWork()
    {
        lock (gate)
        {
            while (end is null && waiting.Count == 0 && running.Count == 0) Monitor.Wait(gate);
            return end is null;
        }
    }

    void Admit()
    {
        lock (gate)
        {
            if (exchange.Asked) engine.Policies = exchange.Policies;
            exchange = default;
            while (waiting.TryPeek(out var request) && request.TryStart(engine))
            {
                waiting.Dequeue();
                if (!request.Task.IsCompleted) running.Add(request);
            }
        }
    }

    void Stop(Exception why)
    {
        lock (gate)
        {
            end ??= why;
            Monitor.Pulse(gate);
        }
    }

    sealed class Request(ReadOnlyMemory<int> prompt, GenerationOptions options, Action<string>? write, CancellationToken cancellation)
    {
        readonly TaskCompletionSource<GenerationResult> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Generation? generation;
        Exception? failure;

        public Task<GenerationResult> Task => completion.Task;

        /// <returns>False when there is no room; a request that fails at once has started.</returns>
        public bool TryStart(Engine engine)
        {
            if (cancellation.IsCancellationRequested) return completion.TrySetCanceled(cancellation);
            try
            {
                generation = engine.TryStart(prompt.Span, options, write is null ? null : Write);
                return generation is not null;
            }
            catch (Exception e) when (e is MoesaicException or ArgumentException)
            {
                return completion.TrySetException(e);
            }
        }

        public bool TryEnd()
        {
            if (failure is not null) Fail(failure);
            else if (generation!.HasEnded) Finish();
            else if (cancellation.IsCancellationRequested) completion.TrySetCanceled(cancellation);
            else return false;
            generation!.Dispose();
            return true;
        }

        public void Fail(Exception e)
        {
            if (e is OperationCanceledException) completion.TrySetCanceled();
            else completion.TrySetException(e);
        }

        void Finish()
        {
            try
            {
                completion.TrySetResult(generation!.Result);
            }
            catch (MoesaicException e)
            {
                completion.TrySetException(e);
            }
        }

        void Write(string piece)
        {
            try
            {
                if (failure is null) write!(piece);
            }
            catch (Exception e)
            {
                failure = e;
            }
        }
    }
}

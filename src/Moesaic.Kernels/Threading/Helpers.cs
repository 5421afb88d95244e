using System.Diagnostics;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Moesaic.Kernels;

/// <summary>
/// The helper threads of the team. A job is offered through a gate: helpers that come while it is open enter, those
/// that come too late are not waited for, so a sleeping or preempted helper never delays a job in which it has no part.
/// </summary>
sealed class Helpers
{
    const int Open = 1 << 30;

    static readonly long s_spinTicks = Stopwatch.Frequency / 20_000; // 50 microseconds

    readonly Thread[] _threads;
    readonly long _spinTicks;
    readonly object _bed = new();
    SharedWork _work;
    Exception? _failure;
    Counters _counters;

    /// <summary>
    /// Each counter on its own pair of cache lines: the part counter is fought over, the others are spun on.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 640)]
    struct Counters
    {
        /// <summary><see cref="Open"/> while a job takes helpers, plus the number of helpers inside.</summary>
        [FieldOffset(128)] public int Gate;

        /// <summary>Changes with each job; a helper enters a job once.</summary>
        [FieldOffset(256)] public int Epoch;

        [FieldOffset(260)] public int Asleep;

        [FieldOffset(264)] public bool Dismissed;

        [FieldOffset(384)] public int NextPart;
    }

    public Helpers(int count)
    {
        // More threads than processors: spinning would take the processor from the thread that has the work.
        _spinTicks = count < Environment.ProcessorCount ? s_spinTicks : 0;
        _threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            _threads[i] = new Thread(Live) { IsBackground = true, Name = $"Moesaic worker {i + 1}" };
            _threads[i].Start();
        }
    }

    public int Count => _threads.Length;

    /// <summary>Number of helpers that wait without spinning.</summary>
    public int Asleep => Volatile.Read(ref _counters.Asleep);

    /// <summary>Does the work with all helpers; the caller must hold the team alone.</summary>
    public void Run(in SharedWork work)
    {
        _work = work;
        _counters.NextPart = 0;
        Volatile.Write(ref _counters.Gate, Open);
        Announce();

        TakeParts();
        Interlocked.And(ref _counters.Gate, ~Open);
        AwaitEmptyGate();

        if (_failure is { } failure)
        {
            _failure = null;
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Ends the threads and waits for them.</summary>
    public void Dismiss()
    {
        Volatile.Write(ref _counters.Dismissed, true);
        Announce();
        foreach (var thread in _threads)
            thread.Join();
    }

    void Announce()
    {
        Interlocked.Increment(ref _counters.Epoch);
        if (Volatile.Read(ref _counters.Asleep) > 0)
        {
            lock (_bed)
                Monitor.PulseAll(_bed);
        }
    }

    void Live()
    {
        WorkerTeam.EnterAsHelper();
        var seen = 0;
        while (true)
        {
            AwaitEpochAfter(seen);
            // Read before the gate and the dismissal: one announced in between is then not taken for one already seen.
            seen = Volatile.Read(ref _counters.Epoch);
            if (Volatile.Read(ref _counters.Dismissed))
                return;
            if (TryEnter())
            {
                TakeParts();
                Interlocked.Decrement(ref _counters.Gate);
            }
        }
    }

    bool TryEnter()
    {
        var gate = Volatile.Read(ref _counters.Gate);
        while ((gate & Open) != 0)
        {
            var found = Interlocked.CompareExchange(ref _counters.Gate, gate + 1, gate);
            if (found == gate)
                return true;
            gate = found;
        }

        return false;
    }

    void TakeParts()
    {
        try
        {
            int part;
            while ((part = Interlocked.Increment(ref _counters.NextPart) - 1) < _work.Parts)
                _work.Execute(part);
        }
        catch (Exception failure)
        {
            Interlocked.CompareExchange(ref _failure, failure, null);
            Volatile.Write(ref _counters.NextPart, _work.Parts);
        }
    }

    void AwaitEpochAfter(int seen)
    {
        var start = Stopwatch.GetTimestamp();
        do
        {
            if (Volatile.Read(ref _counters.Epoch) != seen)
                return;
            Thread.SpinWait(4);
        }
        while (Stopwatch.GetTimestamp() - start < _spinTicks);

        lock (_bed)
        {
            // Increment before the check: the announcer changes the epoch before it looks for sleepers.
            Interlocked.Increment(ref _counters.Asleep);
            while (Volatile.Read(ref _counters.Epoch) == seen)
                Monitor.Wait(_bed);
            Interlocked.Decrement(ref _counters.Asleep);
        }
    }

    void AwaitEmptyGate()
    {
        var start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _counters.Gate) != 0)
        {
            if (Stopwatch.GetTimestamp() - start < _spinTicks)
                Thread.SpinWait(4);
            else
                Thread.Yield();
        }
    }
}

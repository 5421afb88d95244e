using System.Globalization;
using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// The threads that share the work of every kernel: the calling thread and persistent helpers. Helpers spin for a
/// moment after a job, so that a chain of small kernels costs microseconds, and sleep when nothing follows.
/// </summary>
/// <remarks>
/// The team serves one caller at a time; a second caller meanwhile, like a call from inside a job, does its parts alone
/// on its own thread. Kernels whose result depends on who does a part do not belong here.
/// </remarks>
public static unsafe class WorkerTeam
{
    const string Variable = "MOESAIC_THREADS";
    const int MaxThreads = 1024;

    static readonly Lock s_oneCaller = new();
    static Helpers? s_helpers;

    [ThreadStatic]
    static bool t_inside;

    /// <summary>
    /// Number of threads that work on a job, the caller included. Default: <c>MOESAIC_THREADS</c>, else one per logical
    /// processor.
    /// </summary>
    /// <exception cref="KernelSettingException">Not in 1..1024.</exception>
    /// <exception cref="InvalidOperationException">Set from inside a job.</exception>
    public static int Threads
    {
        get => Current().Count + 1;
        set
        {
            if (value is < 1 or > MaxThreads)
                throw new KernelSettingException($"A team of {value} threads was asked for; the number must be 1 to {MaxThreads}.");
            if (t_inside)
                throw new InvalidOperationException("The number of threads cannot change from inside a job.");
            lock (s_oneCaller)
            {
                if (s_helpers?.Count == value - 1)
                    return;
                s_helpers?.Dismiss();
                s_helpers = new Helpers(value - 1);
            }
        }
    }

    /// <summary>
    /// Executes each part of <paramref name="job"/> exactly once and returns when all are done. Parts are handed out
    /// one by one in ascending order to whoever is free. Allocates nothing.
    /// </summary>
    /// <remarks>
    /// After an exception no further part is handed out; the first exception reaches the caller once every thread has
    /// left the job.
    /// </remarks>
    /// <param name="job">Shared by all threads, in place.</param>
    /// <param name="parts">Number of parts; none when zero or less.</param>
    public static void Run<TJob>(ref TJob job, int parts) where TJob : struct, IJob
    {
        if (parts > 1 && !t_inside && s_oneCaller.TryEnter())
        {
            try
            {
                var helpers = Current();
                if (helpers.Count > 0)
                {
                    fixed (byte* address = &Unsafe.As<TJob, byte>(ref job))
                        RunShared(helpers, new SharedWork(&Invoke<TJob>, address, parts));
                    return;
                }
            }
            finally
            {
                s_oneCaller.Exit();
            }
        }

        for (var part = 0; part < parts; part++)
            job.Execute(part);
    }

    static void RunShared(Helpers helpers, SharedWork work)
    {
        t_inside = true;
        try
        {
            helpers.Run(work);
        }
        finally
        {
            t_inside = false;
        }
    }

    static void Invoke<TJob>(void* job, int part) where TJob : struct, IJob => Unsafe.AsRef<TJob>(job).Execute(part);

    /// <summary>Number of helpers that have gone to sleep for want of a job.</summary>
    internal static int SleepingHelpers => Current().Asleep;

    internal static void EnterAsHelper() => t_inside = true;

    internal static int ParseThreads(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return Math.Min(Environment.ProcessorCount, MaxThreads);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var threads) && threads is >= 1 and <= MaxThreads
            ? threads
            : throw new KernelSettingException(
                $"{Variable}={text} is no number of threads; give a whole number from 1 to {MaxThreads}, or unset it for one per processor.");
    }

    static Helpers Current()
    {
        if (Volatile.Read(ref s_helpers) is { } helpers)
            return helpers;
        lock (s_oneCaller)
            return s_helpers ??= new Helpers(ParseThreads(Environment.GetEnvironmentVariable(Variable)) - 1);
    }
}

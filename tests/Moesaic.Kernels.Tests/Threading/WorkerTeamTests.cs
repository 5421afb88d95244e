namespace Moesaic.Kernels.Tests;

public class WorkerTeamTests
{
    struct CountJob(int[] counts) : IJob
    {
        public void Execute(int part) => Interlocked.Increment(ref counts[part]);
    }

    struct NestedJob(int[] counts, int inner) : IJob
    {
        public void Execute(int part)
        {
            var job = new SliceJob(counts, part * inner);
            WorkerTeam.Run(ref job, inner);
        }
    }

    struct SliceJob(int[] counts, int first) : IJob
    {
        readonly int _thread = Environment.CurrentManagedThreadId;

        public void Execute(int part)
        {
            Assert.Equal(_thread, Environment.CurrentManagedThreadId);
            Interlocked.Increment(ref counts[first + part]);
        }
    }

    struct ThrowingJob(int bad) : IJob
    {
        public int Done;

        public void Execute(int part)
        {
            if (part == bad)
                throw new InvalidDataException($"part {part}");
            Interlocked.Increment(ref Done);
        }
    }

    struct MeetingJob(Barrier barrier) : IJob
    {
        public void Execute(int part) => Assert.True(barrier.SignalAndWait(TimeSpan.FromSeconds(20)));
    }

    struct ResizeJob : IJob
    {
        public void Execute(int part) => WorkerTeam.Threads = 1;
    }

    public static TheoryData<int> Sizes => [1, 2, 3, 8];

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Each_part_runs_exactly_once(int threads) => With(threads, () =>
    {
        for (var parts = 0; parts < 200; parts++)
        {
            var counts = new int[parts];
            var job = new CountJob(counts);
            WorkerTeam.Run(ref job, parts);
            Assert.All(counts, count => Assert.Equal(1, count));
        }
    });

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Many_small_jobs_in_a_row_lose_nothing(int threads) => With(threads, () =>
    {
        var counts = new int[7];
        var job = new CountJob(counts);
        for (var i = 0; i < 20_000; i++)
            WorkerTeam.Run(ref job, counts.Length);
        Assert.All(counts, count => Assert.Equal(20_000, count));
    });

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void As_many_threads_as_asked_for_work_at_once(int threads) => With(threads, () =>
    {
        using var barrier = new Barrier(threads);
        var job = new MeetingJob(barrier);
        WorkerTeam.Run(ref job, threads);
        Assert.Equal(1, barrier.CurrentPhaseNumber);
    });

    [Fact]
    public void Sleeping_helpers_wake() => With(2, () =>
    {
        for (var i = 0; i < 5; i++)
        {
            Thread.Sleep(20);
            using var barrier = new Barrier(2);
            var job = new MeetingJob(barrier);
            WorkerTeam.Run(ref job, 2);
        }
    });

    [Theory]
    [MemberData(nameof(Sizes))]
    public void A_nested_job_stays_on_its_thread(int threads) => With(threads, () =>
    {
        var counts = new int[40 * 5];
        var job = new NestedJob(counts, 5);
        WorkerTeam.Run(ref job, 40);
        Assert.All(counts, count => Assert.Equal(1, count));
    });

    [Theory]
    [MemberData(nameof(Sizes))]
    public void An_exception_reaches_the_caller_and_the_team_survives(int threads) => With(threads, () =>
    {
        for (var bad = 0; bad < 30; bad++)
        {
            var job = new ThrowingJob(bad);
            var error = Assert.Throws<InvalidDataException>(() => WorkerTeam.Run(ref job, 30));
            Assert.Equal($"part {bad}", error.Message);
            Assert.InRange(job.Done, bad, 29);
        }

        Each_part_runs_exactly_once(threads);
    });

    [Fact]
    public void Two_callers_at_once_both_finish() => With(2, () =>
    {
        var errors = new Exception?[4];
        var callers = Enumerable.Range(0, errors.Length).Select(i => new Thread(() =>
        {
            errors[i] = Record.Exception(() =>
            {
                for (var repeat = 0; repeat < 2000; repeat++)
                {
                    var counts = new int[9];
                    var job = new CountJob(counts);
                    WorkerTeam.Run(ref job, counts.Length);
                    Assert.All(counts, count => Assert.Equal(1, count));
                }
            });
        })).ToList();
        callers.ForEach(caller => caller.Start());
        callers.ForEach(caller => caller.Join());
        Assert.All(errors, Assert.Null);
    });

    [Fact]
    public void A_job_allocates_nothing() => With(2, () =>
    {
        var counts = new int[16];
        var job = new CountJob(counts);
        Assert.Equal(0, Allocations.InSteadyState(() =>
        {
            for (var i = 0; i < 200; i++)
                WorkerTeam.Run(ref job, counts.Length);
        }));
    });

    [Fact]
    public void An_idle_team_goes_to_sleep_and_wakes_for_the_next_job() => With(3, () =>
    {
        var counts = new int[64];
        var job = new CountJob(counts);
        for (var i = 0; i < 3; i++)
        {
            Assert.True(SpinWait.SpinUntil(() => WorkerTeam.SleepingHelpers == 2, TimeSpan.FromSeconds(30)), "helpers still spin");
            WorkerTeam.Run(ref job, counts.Length);
        }
        Assert.All(counts, count => Assert.Equal(3, count));
    });

    [Fact]
    public void The_size_cannot_change_inside_a_job() => With(2, () =>
    {
        var job = new ResizeJob();
        Assert.Throws<InvalidOperationException>(() => WorkerTeam.Run(ref job, 4));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-3)]
    [InlineData(1025)]
    public void A_size_out_of_range_is_refused(int threads) =>
        Assert.Throws<KernelSettingException>(() => WorkerTeam.Threads = threads);

    [Theory]
    [InlineData("two")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("9999999999")]
    public void A_variable_that_is_no_number_of_threads_is_an_error_that_says_so(string text) =>
        Assert.Contains(text, Assert.Throws<KernelSettingException>(() => WorkerTeam.ParseThreads(text)).Message);

    [Fact]
    public void The_variable_sets_the_size_and_its_absence_means_all_processors()
    {
        Assert.Equal(3, WorkerTeam.ParseThreads("3"));
        Assert.Equal(Environment.ProcessorCount, WorkerTeam.ParseThreads(null));
    }

    /// <summary>The size changes right after a job, which a helper that comes late is only just noticing.</summary>
    [Fact]
    public void The_size_can_change_while_helpers_still_look_at_the_last_job()
    {
        var changes = new Thread(() => With(1, () =>
        {
            var job = new CountJob(new int[2]);
            for (var i = 0; i < 2_000; i++)
            {
                WorkerTeam.Threads = 8;
                WorkerTeam.Run(ref job, 2);
                Thread.SpinWait(i % 100 * 5);
                WorkerTeam.Threads = 1;
            }
        })) { IsBackground = true };
        changes.Start();
        Assert.True(changes.Join(TimeSpan.FromMinutes(2)), "a helper that was dismissed did not end");
    }

    static void With(int threads, Action body)
    {
        var before = WorkerTeam.Threads;
        WorkerTeam.Threads = threads;
        try
        {
            body();
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    }
}

using System.Runtime.InteropServices;

namespace Moesaic.Kernels.Tests;

/// <summary>What must not change a bit: threads, companions in a group, the number of rows.</summary>
public unsafe class MatMulInvarianceTests
{
    public static TheoryData<KernelLevel, MatMulForm> LevelsAndForms => MatMulTests.LevelsAndForms;

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void Any_number_of_threads_gives_the_same_bits(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        var before = WorkerTeam.Threads;
        try
        {
            foreach (var (m, n, k) in new[] { (300, 200, 150), (5, 700, 90), (64, 256, 1030) })
            {
                var x = new Matrices(form, m, n, k);
                var expected = x.Expected(accumulate: true);
                foreach (var threads in new[] { 1, 2, 3, 5 })
                {
                    WorkerTeam.Threads = threads;
                    Assert.Equal(expected, x.Run(accumulate: true));
                }
            }
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    });

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void A_group_gives_the_bits_of_single_products(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        // Three hundred experts exceed what is scheduled at once.
        foreach (var experts in new[] { 1, 8, 300 })
        {
            var random = new Random(experts);
            var group = Enumerable.Range(0, experts).Select(seed => new Matrices(
                form, experts == 300 ? random.Next(4) : random.Next(150), random.Next(1, 70), random.Next(0, 60), seed)).ToArray();
            var results = Array.ConvertAll(group, x => (float[])x.C.Clone());
            RunGroup(form, group, results);
            for (var i = 0; i < experts; i++)
                Assert.Equal(group[i].Run(accumulate: i % 2 == 0), results[i]);
        }
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_row_has_the_same_bits_alone_and_among_many(KernelLevel level) => Levels.At(level, () =>
    {
        const int Rows = 512, N = 100, K = 300;
        var all = new Matrices(MatMulForm.ABt, Rows, N, K);
        var c = all.Run(accumulate: false);
        foreach (var (first, count) in new[] { (0, 1), (511, 1), (200, 2), (301, 4), (77, 8), (90, 30) })
        {
            var few = new float[count * N];
            MatMul.Multiply(MatMulForm.ABt, all.A.AsSpan(first * K, count * K), all.B, few, count, N, K);
            Assert.Equal(c.AsSpan(first * N, count * N).ToArray(), few);
        }
    });

    [Theory]
    [MemberData(nameof(LevelsAndForms))]
    public void A_call_allocates_nothing(KernelLevel level, MatMulForm form) => Levels.At(level, () =>
    {
        var x = new Matrices(form, 100, 130, 70);
        var c = new float[100 * 130];
        var problems = new MatMulProblem[2];
        fixed (float* pa = x.A, pb = x.B, pc = c)
        {
            problems[0] = x.Problem(pa, pb, pc, accumulate: false) with { M = 40 };
            problems[1] = x.Problem(pa, pb, pc + 60 * 130, accumulate: false) with { M = 40 };
            Assert.Equal(0, Allocations.InSteadyState(() =>
            {
                for (var i = 0; i < 5; i++)
                    MatMul.Run(form, problems);
            }));
        }
    });

    static void RunGroup(MatMulForm form, Matrices[] group, float[][] results)
    {
        var pins = new List<GCHandle>();
        var problems = new MatMulProblem[group.Length];
        for (var i = 0; i < group.Length; i++)
            problems[i] = group[i].Problem(Pin(group[i].A), Pin(group[i].B), Pin(results[i]), accumulate: i % 2 == 0);
        MatMul.Run(form, problems);
        pins.ForEach(pin => pin.Free());

        float* Pin(float[] array)
        {
            var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
            pins.Add(pin);
            return (float*)pin.AddrOfPinnedObject();
        }
    }
}

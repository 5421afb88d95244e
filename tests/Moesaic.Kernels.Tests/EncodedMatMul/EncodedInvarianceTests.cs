using System.Runtime.InteropServices;

namespace Moesaic.Kernels.Tests;

/// <summary>What must not change a bit: threads, companions in a group, the number of rows.</summary>
public unsafe class EncodedInvarianceTests
{
    public static TheoryData<KernelLevel, WeightEncoding> LevelsAndEncodings => EncodedCase.LevelsAndEncodings;

    [Theory]
    [MemberData(nameof(LevelsAndEncodings))]
    public void A_row_has_the_same_bits_alone_and_among_many(KernelLevel level, WeightEncoding encoding) => Levels.At(level, () =>
    {
        const int N = 50;
        using var x = new EncodedCase(encoding, 70, N, 512);
        var all = x.Run();
        foreach (var (first, count) in new[] { (0, 1), (69, 1), (20, 2), (31, 3), (7, 8), (40, 9), (9, 30) })
        {
            var few = x.Run(first, count);
            EncodedMatMulTests.AssertSameBits(all.AsSpan(first * N, count * N), few, $"{count} rows from {first}");
        }
    });

    [Theory]
    [MemberData(nameof(LevelsAndEncodings))]
    public void Any_number_of_threads_gives_the_same_bits(KernelLevel level, WeightEncoding encoding) => Levels.At(level, () =>
    {
        var before = WorkerTeam.Threads;
        try
        {
            foreach (var m in level == KernelLevel.Reference ? [1, 3] : new[] { 1, 5, 200 })
            {
                using var x = new EncodedCase(encoding, m, 330, 512);
                WorkerTeam.Threads = 1;
                var expected = x.Run();
                foreach (var threads in new[] { 2, 3, 5 })
                {
                    WorkerTeam.Threads = threads;
                    EncodedMatMulTests.AssertSameBits(expected, x.Run(), $"{threads} threads, M {m}");
                }
            }
        }
        finally
        {
            WorkerTeam.Threads = before;
        }
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void A_group_of_all_encodings_gives_the_bits_of_single_products(KernelLevel level) => Levels.At(level, () =>
    {
        var encodings = Enum.GetValues<WeightEncoding>().Where(EncodedLayout.Supports).ToArray();

        // More problems than are scheduled at once; some experts have no rows, some share their activations.
        var group = Enumerable.Range(0, 300).Select(i => new EncodedCase(
            encodings[i % encodings.Length], i % 7 == 3 ? 0 : i % 11, 1 + i % 37, 256 * (1 + i % 2), seed: i)).ToArray();
        var results = Array.ConvertAll(group, x => new float[x.M * x.N]);
        RunGroup(group, results);
        for (var i = 0; i < group.Length; i++)
        {
            EncodedMatMulTests.AssertSameBits(group[i].Run(), results[i], $"problem {i}");
            group[i].Dispose();
        }
    });

    [Theory]
    [MemberData(nameof(Levels.All), MemberType = typeof(Levels))]
    public void Shared_activations_are_those_of_their_problem(KernelLevel level) => Levels.At(level, () =>
    {
        // The same X with two encodings of either activation form, and one that differs in its row count only.
        foreach (var encodings in new[]
        {
            new[] { WeightEncoding.Q4_0, WeightEncoding.Q8_0 }, [WeightEncoding.Q4_K, WeightEncoding.Q8_0], [WeightEncoding.Q6_K, WeightEncoding.Q2_K],
        })
        {
            using var a = new EncodedCase(encodings[0], 4, 20, 256, seed: 5);
            using var b = new EncodedCase(encodings[1], 4, 33, 256, seed: 6);
            b.X.AsSpan().Clear();
            a.X.CopyTo(b.X, 0);
            float[] ya = new float[4 * 20], yb = new float[4 * 33], fewer = new float[3 * 20];
            fixed (float* x = a.X, pa = ya, pb = yb, pf = fewer)
                EncodedMatMul.Run([a.Problem(x, pa), b.Problem(x, pb), a.Problem(x, pf) with { M = 3 }]);
            EncodedMatMulTests.AssertSameBits(a.Run(), ya, $"{encodings[0]}");
            EncodedMatMulTests.AssertSameBits(b.Run(), yb, $"{encodings[1]}");
            EncodedMatMulTests.AssertSameBits(a.Run(0, 3), fewer, "fewer rows");
        }
    });

    [Theory]
    [MemberData(nameof(LevelsAndEncodings))]
    public void A_call_allocates_nothing(KernelLevel level, WeightEncoding encoding) => Levels.At(level, () =>
    {
        using var a = new EncodedCase(encoding, 3, 40, 256);
        using var b = new EncodedCase(encoding, 20, 40, 256);
        float[] ya = new float[3 * 40], yb = new float[20 * 40];
        var problems = new EncodedProblem[2];
        fixed (float* xa = a.X, pa = ya, xb = b.X, pb = yb)
        {
            problems[0] = a.Problem(xa, pa);
            problems[1] = b.Problem(xb, pb);
            Assert.Equal(0, Allocations.InSteadyState(() =>
            {
                for (var i = 0; i < 3; i++)
                    EncodedMatMul.Run(problems);
            }));
        }
    });

    [Theory]
    [MemberData(nameof(LevelsAndEncodings))]
    public void Nothing_outside_the_result_is_read_or_written(KernelLevel level, WeightEncoding encoding) => Levels.At(level, () =>
    {
        foreach (var m in new[] { 1, 10 })
        {
            using var x = new EncodedCase(encoding, m, 19, 512);
            var expected = x.Run();
            foreach (var atEnd in new[] { true, false })
            {
                using GuardedBuffer input = new(x.X, atEnd), output = new(new float[m * 19], atEnd);
                fixed (float* px = input.Span, py = output.Span)
                    EncodedMatMul.Run(x.Problem(px, py));
                EncodedMatMulTests.AssertSameBits(expected, output.Span, $"M {m}");
            }

            var wide = new float[m * 30];
            wide.AsSpan().Fill(7);
            fixed (float* px = x.X, py = wide)
                EncodedMatMul.Run(x.Problem(px, py, ldY: 30));
            for (var row = 0; row < m; row++)
            {
                EncodedMatMulTests.AssertSameBits(expected.AsSpan(row * 19, 19), wide.AsSpan(row * 30, 19), $"row {row}");
                Assert.False(wide.AsSpan(row * 30 + 19, 11).ContainsAnyExcept(7));
            }
        }
    });

    static void RunGroup(EncodedCase[] group, float[][] results)
    {
        var pins = new List<GCHandle>();
        var problems = new EncodedProblem[group.Length];
        for (var i = 0; i < group.Length; i++)
            problems[i] = group[i].Problem(Pin(group[i].X), Pin(results[i]));
        EncodedMatMul.Run(problems);
        pins.ForEach(pin => pin.Free());

        float* Pin(float[] array)
        {
            var pin = GCHandle.Alloc(array, GCHandleType.Pinned);
            pins.Add(pin);
            return (float*)pin.AddrOfPinnedObject();
        }
    }
}

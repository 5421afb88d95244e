using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// The machine's ceiling of arithmetic: fused multiply-adds that touch registers only, twelve independent chains a thread,
/// shared over the team in small parts like a real kernel.
/// </summary>
public static class FmaPeak
{
    const int Chains = 12;
    const int Steps = 4096;
    const int PartsPerThread = 16;

    /// <summary>Levels with vectors, narrowest first; a machine need not support all.</summary>
    public static IReadOnlyList<KernelLevel> Levels { get; } = [KernelLevel.Vector128, KernelLevel.Vector256, KernelLevel.Vector512];

    /// <summary>GFLOP of one <see cref="Run"/>.</summary>
    public static double Gflop(KernelLevel level) =>
        2e-9 * Chains * Steps * PartsPerThread * WorkerTeam.Threads * (level switch
        {
            KernelLevel.Vector512 => 16,
            KernelLevel.Vector256 => 8,
            _ => 4,
        });

    /// <summary>Does the work once, on all threads of the team: a fraction of a millisecond.</summary>
    /// <param name="level">One that <see cref="KernelSelection.Supports"/>.</param>
    public static void Run(KernelLevel level)
    {
        var job = new Job(level);
        WorkerTeam.Run(ref job, PartsPerThread * WorkerTeam.Threads);
    }

    readonly struct Job(KernelLevel level) : IJob
    {
        public void Execute(int part)
        {
            var sum = level switch
            {
                KernelLevel.Vector512 => Chains512(part),
                KernelLevel.Vector256 => Chains256(part),
                _ => Chains128(part),
            };
            if (sum == 0.5f)
                throw new InvalidOperationException("The sums cannot come to this; the test keeps them alive.");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static float Chains512(int seed)
    {
        var x = Vector512.Create(1e-3f * seed);
        Vector512<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        var y = Vector512.Create(0.99f);
        for (var step = 0; step < Steps; step++)
        {
            a = Vector512.FusedMultiplyAdd(a, y, x);
            b = Vector512.FusedMultiplyAdd(b, y, x);
            c = Vector512.FusedMultiplyAdd(c, y, x);
            d = Vector512.FusedMultiplyAdd(d, y, x);
            e = Vector512.FusedMultiplyAdd(e, y, x);
            f = Vector512.FusedMultiplyAdd(f, y, x);
            g = Vector512.FusedMultiplyAdd(g, y, x);
            h = Vector512.FusedMultiplyAdd(h, y, x);
            i = Vector512.FusedMultiplyAdd(i, y, x);
            j = Vector512.FusedMultiplyAdd(j, y, x);
            k = Vector512.FusedMultiplyAdd(k, y, x);
            l = Vector512.FusedMultiplyAdd(l, y, x);
        }

        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static float Chains256(int seed)
    {
        var x = Vector256.Create(1e-3f * seed);
        Vector256<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        var y = Vector256.Create(0.99f);
        for (var step = 0; step < Steps; step++)
        {
            a = Vector256.FusedMultiplyAdd(a, y, x);
            b = Vector256.FusedMultiplyAdd(b, y, x);
            c = Vector256.FusedMultiplyAdd(c, y, x);
            d = Vector256.FusedMultiplyAdd(d, y, x);
            e = Vector256.FusedMultiplyAdd(e, y, x);
            f = Vector256.FusedMultiplyAdd(f, y, x);
            g = Vector256.FusedMultiplyAdd(g, y, x);
            h = Vector256.FusedMultiplyAdd(h, y, x);
            i = Vector256.FusedMultiplyAdd(i, y, x);
            j = Vector256.FusedMultiplyAdd(j, y, x);
            k = Vector256.FusedMultiplyAdd(k, y, x);
            l = Vector256.FusedMultiplyAdd(l, y, x);
        }

        return Vector256.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    static float Chains128(int seed)
    {
        var x = Vector128.Create(1e-3f * seed);
        Vector128<float> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        var y = Vector128.Create(0.99f);
        for (var step = 0; step < Steps; step++)
        {
            a = Vector128.FusedMultiplyAdd(a, y, x);
            b = Vector128.FusedMultiplyAdd(b, y, x);
            c = Vector128.FusedMultiplyAdd(c, y, x);
            d = Vector128.FusedMultiplyAdd(d, y, x);
            e = Vector128.FusedMultiplyAdd(e, y, x);
            f = Vector128.FusedMultiplyAdd(f, y, x);
            g = Vector128.FusedMultiplyAdd(g, y, x);
            h = Vector128.FusedMultiplyAdd(h, y, x);
            i = Vector128.FusedMultiplyAdd(i, y, x);
            j = Vector128.FusedMultiplyAdd(j, y, x);
            k = Vector128.FusedMultiplyAdd(k, y, x);
            l = Vector128.FusedMultiplyAdd(l, y, x);
        }

        return Vector128.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }
}

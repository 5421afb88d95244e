using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// <see cref="Elementwise.SumOfSquares"/> and <see cref="Elementwise.FirstNonFinite"/> in vectors of 256 bits, which
/// serve all vector levels: memory is the limit.
/// </summary>
static unsafe class Inspection
{
    internal static double SumOfSquares(ReadOnlySpan<float> x)
    {
        fixed (float* address = x)
        {
            var slices = new Slices(x.Length, 1, Vector256<float>.Count);
            var job = new SquaresJob
            {
                X = address, Slices = slices, Sums = (double*)NativeBuffer.Of<SquaresJob>().Take(2L * slices.Count),
            };
            WorkerTeam.Run(ref job, slices.Count);
            double sum = 0;
            for (int part = 0; part < slices.Count; part++) sum += job.Sums[part];
            return sum;
        }
    }

    internal static nint FirstNonFinite(ReadOnlySpan<float> x)
    {
        int first = int.MaxValue;
        fixed (float* address = x)
        {
            var job = new FiniteJob { X = address, Slices = new(x.Length, 1, Vector256<float>.Count), First = &first };
            WorkerTeam.Run(ref job, job.Slices.Count);
        }

        return first == int.MaxValue ? -1 : first;
    }

    struct SquaresJob : IJob
    {
        public float* X;
        public double* Sums;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            Vector256<double> low = Vector256<double>.Zero, high = low;
            for (; i <= end - Vector256<float>.Count; i += Vector256<float>.Count)
            {
                (Vector256<double> a, Vector256<double> b) = Vector256.Widen(Vector256.Load(X + i));
                low += a * a;
                high += b * b;
            }

            double sum = Vector256.Sum(low + high);
            for (; i < end; i++) sum += (double)X[i] * X[i];
            Sums[part] = sum;
        }
    }

    struct FiniteJob : IJob
    {
        public float* X;
        public int* First;
        public Slices Slices;

        public readonly void Execute(int part)
        {
            int i = Slices.Start(part), end = Slices.End(part);
            if (Volatile.Read(ref *First) < i) return;
            Vector256<uint> exponent = Vector256.Create(0x7F800000u);
            while (i <= end - Vector256<float>.Count
                && !Vector256.EqualsAny(Vector256.Load((uint*)X + i) & exponent, exponent))
            {
                i += Vector256<float>.Count;
            }

            while (i < end && float.IsFinite(X[i])) i++;
            if (i == end) return;
            int known = Volatile.Read(ref *First);
            while (i < known)
            {
                int seen = Interlocked.CompareExchange(ref *First, i, known);
                if (seen == known) return;
                known = seen;
            }
        }
    }
}

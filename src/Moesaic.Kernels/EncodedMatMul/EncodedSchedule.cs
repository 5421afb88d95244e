using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// Converts the activations of a group, each set once, cuts the products into parts of some panels by some activation
/// rows, and hands all parts out together.
/// </summary>
static unsafe class EncodedSchedule
{
    const int StackProblems = 256;

    /// <summary>Activation values below which one thread converts them all: some microseconds.</summary>
    const long FewValues = 1 << 14;

    internal static void Run(ReadOnlySpan<EncodedProblem> problems)
    {
        if (problems.Length > StackProblems)
        {
            Run(problems[..StackProblems]);
            Run(problems[StackProblems..]);
            return;
        }

        fixed (EncodedProblem* first = problems)
        {
            var sets = stackalloc QuantisedRows[problems.Length];
            var setOf = stackalloc int[problems.Length];
            var scratch = Quantise(first, problems.Length, sets, setOf);
            var grids = stackalloc EncodedGrid[problems.Length];
            var parts = EncodedGrid.Cut(problems, new(grids, problems.Length));
            var group = new EncodedGroup { Problems = first, Grids = grids, Sets = sets, SetOf = setOf, Scratch = scratch };
            switch (KernelSelection.Level)
            {
                case KernelLevel.Reference:
                    Share(new EncodedReference(group), parts);
                    break;
                case KernelLevel.Vector128:
                    Share(new EncodedJob<IntegerSimd128, Vector128<byte>, Simd128, Vector128<float>, Two>(group), parts);
                    break;
                case KernelLevel.Vector256:
                    Share(new EncodedJob<IntegerSimd256, Vector256<byte>, Simd256, Vector256<float>, Two>(group), parts);
                    break;
                case KernelLevel.Vector512:
                    Share(new EncodedJob<IntegerSimd512, Vector512<byte>, Simd512, Vector512<float>, Four>(group), parts);
                    break;
                default:
                    throw new UnreachableException();
            }
        }
    }

    /// <summary>Converts each set of activations and returns the memory; <paramref name="setOf"/> is −1 for float32.</summary>
    static byte* Quantise(EncodedProblem* problems, int count, QuantisedRows* sets, int* setOf)
    {
        var found = 0;
        long bytes = 0, rows = 0, values = 0;
        for (var i = 0; i < count; i++)
        {
            setOf[i] = -1;
            if (problems[i].M == 0 || problems[i].Weights.Layout.Encoding.BlockLength() == 1) continue;
            var rowsOf = QuantisedRows.Of(problems[i]);
            var set = 0;
            while (set < found && !sets[set].Shares(rowsOf)) set++;
            setOf[i] = set;
            if (set < found) continue;
            rowsOf.Offset = bytes;
            rowsOf.FirstRow = rows;
            bytes += rowsOf.M * (long)Activations.RowBytes(rowsOf.K);
            rows += rowsOf.M;
            values += rowsOf.M * (long)rowsOf.K;
            sets[found++] = rowsOf;
        }

        if (found == 0) return null;
        var scratch = (byte*)NativeBuffer.Of<QuantisedRows>().Take((bytes + sizeof(float) - 1) / sizeof(float));
        var job = new QuantiseJob(sets, found, scratch, rows, values <= FewValues ? rows : 1 + FewValues * rows / values);
        WorkerTeam.Run(ref job, job.Parts);
        return scratch;
    }

    static void Share<TJob>(TJob job, int parts) where TJob : struct, IJob => WorkerTeam.Run(ref job, parts);

    readonly struct QuantiseJob(QuantisedRows* sets, int count, byte* scratch, long rows, long rowsPerPart) : IJob
    {
        public int Parts => (int)((rows + rowsPerPart - 1) / rowsPerPart);

        public void Execute(int part)
        {
            var row = part * rowsPerPart;
            var end = Math.Min(rows, row + rowsPerPart);
            for (var set = 0; set < count; set++)
            {
                for (var i = Math.Max(row, sets[set].FirstRow); i < Math.Min(end, sets[set].FirstRow + sets[set].M); i++)
                    sets[set].Quantise(scratch, (int)(i - sets[set].FirstRow));
            }
        }
    }
}

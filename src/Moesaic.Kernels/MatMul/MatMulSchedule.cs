using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// Cuts the results of a group into blocks and hands them to the team. A block is independent of every other: it packs what it
/// needs itself, so there is no barrier within a group.
/// </summary>
static unsafe class MatMulSchedule
{
    /// <summary>Rows and columns of a block when there is work enough for all threads.</summary>
    const int MaxRows = 252, MaxColumns = 256;

    /// <summary>Least block that is worth handing out; columns are whole panels of the widest level.</summary>
    const int MinRows = 24, MinColumns = 64;

    /// <summary>Blocks per thread that even out unequal speeds.</summary>
    const int BlocksPerThread = 4;

    const int StackProblems = 256;

    public static void Run(MatMulForm form, ReadOnlySpan<MatMulProblem> problems)
    {
        if (problems.Length > StackProblems)
        {
            Run(form, problems[..StackProblems]);
            Run(form, problems[StackProblems..]);
            return;
        }

        var grids = stackalloc Grid[problems.Length];
        var parts = Cut(problems, new Span<Grid>(grids, problems.Length));
        fixed (MatMulProblem* first = problems)
        {
            switch (KernelSelection.Level)
            {
                case KernelLevel.Reference:
                    Share(new ReferenceJob(form, first, grids), parts);
                    break;
                case KernelLevel.Vector128:
                    Share(new VectorJob<Simd128, Vector128<float>, Two>(form, first, grids), parts);
                    break;
                case KernelLevel.Vector256:
                    Share(new VectorJob<Simd256, Vector256<float>, Two>(form, first, grids), parts);
                    break;
                case KernelLevel.Vector512:
                    Share(new VectorJob<Simd512, Vector512<float>, Four>(form, first, grids), parts);
                    break;
                default:
                    throw new UnreachableException();
            }
        }
    }

    static void Share<TJob>(TJob job, int parts) where TJob : struct, IJob => WorkerTeam.Run(ref job, parts);

    /// <summary>Blocks start as large as the caches like and are halved until every thread has several.</summary>
    static int Cut(ReadOnlySpan<MatMulProblem> problems, Span<Grid> grids)
    {
        var wanted = WorkerTeam.Threads == 1 ? 1 : WorkerTeam.Threads * BlocksPerThread;
        for (int rows = MaxRows, columns = MaxColumns; ; )
        {
            var parts = 0;
            for (var i = 0; i < problems.Length; i++)
            {
                grids[i] = new Grid(problems[i].M, problems[i].N, rows, columns, parts);
                parts = grids[i].EndPart;
            }

            if (parts >= wanted || (rows <= MinRows && columns <= MinColumns))
                return parts;
            if (columns > MinColumns)
                columns /= 2;
            else
                rows /= 2;
        }
    }

    /// <summary>How one result is cut: blocks of equal size, those at the lower and right edge smaller.</summary>
    internal readonly struct Grid
    {
        readonly int _m, _n, _rows, _columns, _firstPart, _across;

        public Grid(int m, int n, int rows, int columns, int firstPart)
        {
            (_m, _n, _rows, _columns, _firstPart) = (m, n, rows, columns, firstPart);
            _across = (n + columns - 1) / columns;
            EndPart = firstPart + (m + rows - 1) / rows * _across;
        }

        public int EndPart { get; }

        public Block this[int part]
        {
            get
            {
                var (down, across) = Math.DivRem(part - _firstPart, _across);
                var (row, column) = (down * _rows, across * _columns);
                return new Block(row, Math.Min(_rows, _m - row), column, Math.Min(_columns, _n - column));
            }
        }
    }

    /// <summary>Finds the problem of a part.</summary>
    internal static int ProblemOf(Grid* grids, int part)
    {
        var i = 0;
        while (part >= grids[i].EndPart)
            i++;
        return i;
    }

    readonly struct ReferenceJob(MatMulForm form, MatMulProblem* problems, Grid* grids) : IJob
    {
        public void Execute(int part)
        {
            var i = ProblemOf(grids, part);
            MatMulReference.Fill(form, problems[i], grids[i][part]);
        }
    }

    readonly struct VectorJob<TSimd, TVector, TPanel>(MatMulForm form, MatMulProblem* problems, Grid* grids) : IJob
        where TSimd : struct, ISimd<TVector>
        where TVector : struct
        where TPanel : struct, ICount
    {
        public void Execute(int part)
        {
            var i = ProblemOf(grids, part);
            BlockProduct<TSimd, TVector, TPanel>.Run(form, problems[i], grids[i][part]);
        }
    }
}

using System.Diagnostics;
using System.Runtime.Intrinsics;

namespace Moesaic.Kernels;

/// <summary>
/// Cuts the results of a group into blocks and hands them to the team. A block is independent of every other: it packs
/// what it needs itself, so there is no barrier within a group.
/// </summary>
static unsafe class MatMulSchedule
{
    /// <summary>Largest block: its packed slices of A and B share the second cache with what streams past.</summary>
    const int MaxRows = 1056, MaxColumns = 256;

    /// <summary>Smallest block worth a hand-out.</summary>
    const int MinRows = 24, MinColumns = 64;

    /// <summary>
    /// Blocks are whole tiles of the widest level, so that only the edges of a result meet partial tiles.
    /// </summary>
    const int TileRows = 6, TileColumns = 64;

    /// <summary>Blocks per thread that even out unequal speeds.</summary>
    const int BlocksPerThread = 2;

    /// <summary>
    /// Multiply-adds that pay for handing out a block (about 3 microseconds), see <see cref="Work"/>.
    /// </summary>
    const long MinWork = 1 << 17;

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
                    Share(new VectorJob<Simd128, Vector128<float>, Two>(form, first, grids, problems.Length), parts);
                    break;
                case KernelLevel.Vector256:
                    Share(new VectorJob<Simd256, Vector256<float>, Two>(form, first, grids, problems.Length), parts);
                    break;
                case KernelLevel.Vector512:
                    Share(new VectorJob<Simd512, Vector512<float>, Four>(form, first, grids, problems.Length), parts);
                    break;
                default:
                    throw new UnreachableException();
            }
        }
    }

    static void Share<TJob>(TJob job, int parts) where TJob : struct, IJob => WorkerTeam.Run(ref job, parts);

    /// <summary>Blocks start as large as the caches like and are halved while threads would go without.</summary>
    static int Cut(ReadOnlySpan<MatMulProblem> problems, Span<Grid> grids)
    {
        long work = 0;
        foreach (ref readonly var problem in problems)
            work += Work(problem);
        var threads = WorkerTeam.Threads;
        var wanted = threads == 1 ? 1 : Math.Min(threads * BlocksPerThread, work / MinWork);

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
            if (columns > MinColumns && columns >= rows)
                columns /= 2;
            else
                rows /= 2;
        }
    }

    /// <summary>Multiply-adds; reading or packing B costs about as much as four more rows.</summary>
    static long Work(in MatMulProblem p) => (p.M + 4L) * p.N * p.K;

    static int CeilingDivide(int x, int y) => (int)(((long)x + y - 1) / y);

    /// <summary>How one result is cut: blocks of equal size, those at the lower and right edge smaller.</summary>
    internal readonly struct Grid
    {
        readonly int _m, _n, _rows, _columns, _firstPart, _across;

        public Grid(int m, int n, int maxRows, int maxColumns, int firstPart)
        {
            (_m, _n, _firstPart) = (m, n, firstPart);
            _rows = Even(m, maxRows, TileRows);
            _columns = Even(n, maxColumns, TileColumns);
            _across = CeilingDivide(n, _columns);
            EndPart = firstPart + CeilingDivide(m, _rows) * _across;
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

        /// <summary>Length of equal pieces, whole tiles each.</summary>
        static int Even(int length, int most, int tile)
        {
            var pieces = Math.Max(1, CeilingDivide(length, most));
            return Math.Max(1, CeilingDivide(CeilingDivide(length, pieces), tile)) * tile;
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

    readonly struct VectorJob<TSimd, TVector, TPanel>(MatMulForm form, MatMulProblem* problems, Grid* grids, int count) : IJob
        where TSimd : struct, ISimdColumns<TVector>
        where TVector : struct
        where TPanel : struct, ICount
    {
        public void Execute(int part)
        {
            var i = ProblemOf(grids, part);
            BlockProduct<TSimd, TVector, TPanel>.Run(form, problems[i], grids[i][part], Next(i, part + WorkerTeam.Threads));
        }

        // B of the block that this thread is likely to compute next.
        float* Next(int i, int part)
        {
            while (i < count && part >= grids[i].EndPart) i++;
            if (i == count) return null;
            var column = (long)grids[i][part].Column;
            return problems[i].B + (form == MatMulForm.ABt ? column * problems[i].LdB : column);
        }
    }
}

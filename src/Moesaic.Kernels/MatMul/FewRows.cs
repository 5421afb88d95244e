namespace Moesaic.Kernels;

/// <summary>
/// Blocks of at most <see cref="MostRows"/> rows, as in decoding or for an expert with few tokens: the time is that of
/// reading B, so B is read once and in place. The chains are those of <see cref="BlockProduct{TSimd,TVector,TPanel}"/>,
/// hence the bits are too.
/// </summary>
static unsafe class FewRows<TSimd, TVector, TPanel>
    where TSimd : struct, ISimdColumns<TVector>
    where TVector : struct
    where TPanel : struct, ICount
{
    public const int MostRows = 8;

    /// <summary>Rows of one pass; a second pass finds its columns of B in the nearest cache.</summary>
    const int PassRows = 4;

    /// <summary>
    /// Computes as many whole vectors or panels of columns as there are and returns how many columns that is.
    /// </summary>
    public static int Run(MatMulForm form, in MatMulProblem p, Block block)
    {
        var width = form == MatMulForm.ABt ? TSimd.Lanes : TPanel.Value * TSimd.Lanes;
        var columns = block.Columns / width * width;
        var stepA = form == MatMulForm.AtB ? p.LdA : 1;
        var rowA = form == MatMulForm.AtB ? 1 : p.LdA;
        for (var n = block.Column; n < block.Column + columns; n += width)
        {
            for (var m = 0; m < block.Rows; m += PassRows)
            {
                var row = block.Row + m;
                var b = form == MatMulForm.ABt ? p.B + (long)n * p.LdB : p.B + n;
                var pass = new Pass(p, p.A + (long)row * rowA, rowA, stepA, b, p.C + (long)row * p.LdC + n);
                switch (Math.Min(PassRows, block.Rows - m))
                {
                    case 1: Compute<One>(form, pass); break;
                    case 2: Compute<Two>(form, pass); break;
                    case 3: Compute<Three>(form, pass); break;
                    default: Compute<Four>(form, pass); break;
                }
            }
        }

        return columns;
    }

    readonly struct Pass(in MatMulProblem p, float* a, nint rowA, nint stepA, float* b, float* c)
    {
        public readonly int K = p.K;
        public readonly bool Fresh = !p.Accumulate;
        public readonly float* A = a, B = b, C = c;
        public readonly nint RowA = rowA, StepA = stepA, LdB = p.LdB, LdC = p.LdC;
    }

    static void Compute<TRows>(MatMulForm form, in Pass x) where TRows : struct, ICount
    {
        if (form == MatMulForm.ABt)
            TransposingKernel<TSimd, TVector>.Run<TRows>(x.K, x.A, x.RowA, x.B, x.LdB, x.Fresh, x.C, x.LdC);
        else
            MicroKernel<TSimd, TVector>.Run<TRows, TPanel>(x.K, x.A, x.RowA, x.StepA, x.B, x.LdB, x.Fresh, x.C, x.LdC);
    }
}

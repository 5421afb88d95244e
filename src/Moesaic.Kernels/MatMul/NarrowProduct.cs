using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// C = A·Bᵀ for few rows of A, as for an expert with few tokens: the transpose of C is computed, with B in the part of A. So the
/// few rows are packed and B, the weight, is read once, in place. The chains are those of
/// <see cref="BlockProduct{TSimd,TVector,TPanel}"/>, hence the bits are too.
/// </summary>
static unsafe class NarrowProduct<TSimd, TVector, TPanel>
    where TSimd : struct, ISimdColumns<TVector>
    where TVector : struct
    where TPanel : struct, ICount
{
    const int TileRows = 6, SliceK = 256;

    /// <summary>Packing B costs as much time as so many rows.</summary>
    const int RowsOfPacking = 8;

    /// <summary>Whether this is faster: the rows, rounded up to whole vectors, are hardly more.</summary>
    public static bool Fits(MatMulForm form, in MatMulProblem p, int rows) =>
        form == MatMulForm.ABt && !p.Accumulate && rows <= 2 * TPanel.Value * TSimd.Lanes && Padded(rows) - rows <= RowsOfPacking;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(in MatMulProblem p, Block block)
    {
        var passes = (block.Rows + TPanel.Value * TSimd.Lanes - 1) / (TPanel.Value * TSimd.Lanes);
        var most = Padded((block.Rows + passes - 1) / passes);
        for (var row = 0; row < block.Rows; row += most)
            Pass(p, block with { Row = block.Row + row, Rows = Math.Min(most, block.Rows - row) });
    }

    static int Padded(int rows) => (rows + TSimd.Lanes - 1) / TSimd.Lanes * TSimd.Lanes;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Pass(in MatMulProblem p, Block block)
    {
        var width = Padded(block.Rows);
        var sliceK = Math.Min(SliceK, p.K);
        var sums = NativeBuffer.Of<MatMulProblem>().Take((long)width * (block.Columns + sliceK));
        var panel = sums + (long)width * block.Columns;
        var a = p.A + (long)block.Row * p.LdA;
        var b = p.B + (long)block.Column * p.LdB;
        var k = 0;
        do
        {
            var depth = Math.Min(sliceK, p.K - k);
            Packing.Transpose(a + k, p.LdA, block.Rows, depth, width, panel);
            for (var n = 0; n < block.Columns; n += TileRows)
            {
                var tile = b + (long)n * p.LdB + k;
                Tile(depth, tile, p.LdB, panel, k == 0, sums + (long)n * width, width, Math.Min(TileRows, block.Columns - n));
            }

            k += depth;
        }
        while (k < p.K);

        Packing.TransposeBack<TSimd, TVector>(sums, width, block.Columns, block.Rows, p.C + (long)block.Row * p.LdC + block.Column, p.LdC);
    }

    static void Tile(int k, float* b, nint ldB, float* panel, bool fresh, float* sums, int width, int rows)
    {
        switch (width / TSimd.Lanes)
        {
            case 1: Rows<One>(k, b, ldB, panel, fresh, sums, width, rows); break;
            case 2: Rows<Two>(k, b, ldB, panel, fresh, sums, width, rows); break;
            case 3: Rows<Three>(k, b, ldB, panel, fresh, sums, width, rows); break;
            default: Rows<Four>(k, b, ldB, panel, fresh, sums, width, rows); break;
        }
    }

    static void Rows<TVectors>(int k, float* b, nint ldB, float* panel, bool fresh, float* sums, int width, int rows)
        where TVectors : struct, ICount
    {
        if (rows == TileRows)
        {
            var next = Ahead.Rows(b + TileRows * ldB, ldB, TileRows);
            MicroKernel<TSimd, TVector>.Run<Six, TVectors, ToFirstCache>(k, b, ldB, 1, panel, width, fresh, sums, width, next);
            return;
        }

        for (; rows > 0; rows--)
        {
            MicroKernel<TSimd, TVector>.Run<One, TVectors>(k, b, ldB, 1, panel, width, fresh, sums, width);
            b += ldB;
            sums += width;
        }
    }
}

using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// One block of a result by register tiles. The inner dimension is cut into slices; of each slice B is packed into panels (k after k,
/// the columns of a panel side by side), A is read where it lies unless its rows are columns (<see cref="MatMulForm.AtB"/>).
/// </summary>
static unsafe class BlockProduct<TSimd, TVector, TPanel>
    where TSimd : struct, ISimd<TVector>
    where TVector : struct
    where TPanel : struct, ICount
{
    const int TileRows = 6;
    const int SliceK = 256;

    static int PanelColumns => TPanel.Value * TSimd.Lanes;

    public static void Run(MatMulForm form, in MatMulProblem p, Block block)
    {
        var panels = (block.Columns + PanelColumns - 1) / PanelColumns;
        var slivers = (block.Rows + TileRows - 1) / TileRows;
        var packedA = form == MatMulForm.AtB ? slivers * TileRows * SliceK : 0;
        var packedB = panels * PanelColumns * SliceK;
        var scratch = Scratch.Take(packedB + packedA + TileRows * PanelColumns);
        var bufferA = scratch + packedB;
        var edge = bufferA + packedA;
        var c = p.C + (long)block.Row * p.LdC + block.Column;

        var k = 0;
        do
        {
            var depth = Math.Min(SliceK, p.K - k);
            if (form == MatMulForm.ABt)
                Packing.Transpose(p.B + (long)block.Column * p.LdB + k, p.LdB, block.Columns, depth, PanelColumns, scratch);
            else
                Packing.Copy(p.B + (long)k * p.LdB + block.Column, p.LdB, block.Columns, depth, PanelColumns, scratch);
            if (form == MatMulForm.AtB)
                Packing.Copy(p.A + (long)k * p.LdA + block.Row, p.LdA, block.Rows, depth, TileRows, bufferA);

            var fresh = k == 0 && !p.Accumulate;
            for (var n = 0; n < block.Columns; n += PanelColumns)
            {
                var panel = scratch + (long)n * depth;
                for (var m = 0; m < block.Rows; m += TileRows)
                {
                    var rows = Math.Min(TileRows, block.Rows - m);
                    var tile = form == MatMulForm.AtB
                        ? new Operand(bufferA + (long)m * depth, 1, TileRows)
                        : new Operand(p.A + (long)(block.Row + m) * p.LdA + k, p.LdA, 1);
                    Tile(depth, tile, panel, fresh, c + (long)m * p.LdC + n, p.LdC, rows, block.Columns - n, edge);
                }
            }

            k += depth;
        }
        while (k < p.K);
    }

    readonly record struct Operand(nint Address, nint Row, nint Step)
    {
        public Operand(float* address, nint row, nint step) : this((nint)address, row, step) { }
    }

    static void Tile(int k, Operand a, float* b, bool fresh, float* c, int ldC, int rows, int columns, float* edge)
    {
        if (columns >= PanelColumns)
        {
            Rows(k, a, b, fresh, c, ldC, rows);
            return;
        }

        // The last columns are computed in a full tile beside the result.
        if (!fresh)
        {
            for (var row = 0; row < rows; row++)
                new ReadOnlySpan<float>(c + (long)row * ldC, columns).CopyTo(new Span<float>(edge + row * PanelColumns, columns));
        }

        Rows(k, a, b, fresh, edge, PanelColumns, rows);
        for (var row = 0; row < rows; row++)
            new ReadOnlySpan<float>(edge + row * PanelColumns, columns).CopyTo(new Span<float>(c + (long)row * ldC, columns));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows(int k, Operand a, float* b, bool fresh, float* c, nint ldC, int rows)
    {
        var address = (float*)a.Address;
        switch (rows)
        {
            case 1: MicroKernel<TSimd, TVector>.Run<One, TPanel>(k, address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC); break;
            case 2: MicroKernel<TSimd, TVector>.Run<Two, TPanel>(k, address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC); break;
            case 3: MicroKernel<TSimd, TVector>.Run<Three, TPanel>(k, address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC); break;
            case 4: MicroKernel<TSimd, TVector>.Run<Four, TPanel>(k, address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC); break;
            case 5: MicroKernel<TSimd, TVector>.Run<Five, TPanel>(k, address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC); break;
            default: MicroKernel<TSimd, TVector>.Run<Six, TPanel>(k, address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC); break;
        }
    }
}

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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(MatMulForm form, in MatMulProblem p, Block block)
    {
        var panels = (block.Columns + PanelColumns - 1) / PanelColumns;
        var slivers = (block.Rows + TileRows - 1) / TileRows;
        var sliceK = Math.Min(SliceK, p.K);
        var packedB = panels * PanelColumns * sliceK + Packing.Slack;
        var packedA = form == MatMulForm.AtB ? slivers * TileRows * sliceK + Packing.Slack : 0;
        var edgeTile = TileRows * PanelColumns;
        var edge = Scratch.Take(edgeTile + packedB + packedA);
        var bufferB = edge + edgeTile;
        var bufferA = bufferB + packedB;
        var c = p.C + (long)block.Row * p.LdC + block.Column;

        var k = 0;
        do
        {
            var depth = Math.Min(sliceK, p.K - k);
            if (form == MatMulForm.ABt)
                Packing.Transpose(p.B + (long)block.Column * p.LdB + k, p.LdB, block.Columns, depth, PanelColumns, bufferB);
            else
                Packing.Copy<TSimd, TVector>(p.B + (long)k * p.LdB + block.Column, p.LdB, block.Columns, depth, PanelColumns, bufferB);
            if (form == MatMulForm.AtB)
                Packing.CopySix(p.A + (long)k * p.LdA + block.Row, p.LdA, block.Rows, depth, bufferA);

            var fresh = k == 0 && !p.Accumulate;
            for (var n = 0; n < block.Columns; n += PanelColumns)
            {
                var panel = bufferB + (long)n * depth;
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

    readonly struct Operand(float* address, nint row, nint step)
    {
        public readonly float* Address = address;
        public readonly nint Row = row, Step = step;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Tile(int k, Operand a, float* b, bool fresh, float* c, int ldC, int rows, int columns, float* edge)
    {
        if (columns >= PanelColumns)
        {
            Rows(k, a, b, fresh, c, ldC, rows);
            return;
        }

        // The last columns are computed in a full tile beside the result.
        if (!fresh)
            Copy(c, ldC, edge, PanelColumns, rows, columns);
        Rows(k, a, b, fresh, edge, PanelColumns, rows);
        Copy(edge, PanelColumns, c, ldC, rows, columns);
    }

    static void Copy(float* source, int ldSource, float* target, int ldTarget, int rows, int columns)
    {
        for (var row = 0; row < rows; row++)
        {
            var from = new ReadOnlySpan<float>(source + (long)row * ldSource, columns);
            from.CopyTo(new Span<float>(target + (long)row * ldTarget, columns));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Rows(int k, Operand a, float* b, bool fresh, float* c, nint ldC, int rows)
    {
        switch (rows)
        {
            case 6: Columns<Six>(k, a, b, fresh, c, ldC); break;
            case 1: Columns<One>(k, a, b, fresh, c, ldC); break;
            case 2: Columns<Two>(k, a, b, fresh, c, ldC); break;
            case 3: Columns<Three>(k, a, b, fresh, c, ldC); break;
            case 4: Columns<Four>(k, a, b, fresh, c, ldC); break;
            case 5: Columns<Five>(k, a, b, fresh, c, ldC); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Columns<TRows>(int k, Operand a, float* b, bool fresh, float* c, nint ldC) where TRows : struct, ICount =>
        MicroKernel<TSimd, TVector>.Run<TRows, TPanel>(k, a.Address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC);
}

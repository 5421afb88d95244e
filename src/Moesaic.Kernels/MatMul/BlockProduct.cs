using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Moesaic.Kernels;

/// <summary>
/// One block of a result by register tiles. The inner dimension is cut into slices; of each slice B is packed into
/// panels (k after k, the columns of a panel side by side), A is read where it lies unless its columns lie far apart.
/// </summary>
static unsafe class BlockProduct<TSimd, TVector, TPanel>
    where TSimd : struct, ISimdColumns<TVector>
    where TVector : struct
    where TPanel : struct, ICount
{
    const int TileRows = 6;

    /// <summary>Rows of A that stay in the second cache while every panel of B passes.</summary>
    const int NearRows = 264;

    const int SliceK = 256;

    const int FloatsPerLine = Ahead.FloatsPerLine;

    /// <summary>Sums over so few k are computed faster than their old values come: they are asked for earlier.</summary>
    const int ShallowK = 64;

    /// <summary>
    /// Floats from one k of A to the next from which Aᵀ is packed when several panels use it: lines so far apart meet
    /// in few sets of the nearest cache. Measured: at 256 reading in place gains 5 to 10 %, at 512 packing gains 15 %.
    /// </summary>
    const int WideStep = 512;

    static int PanelColumns => TPanel.Value * TSimd.Lanes;

    /// <summary>Computes a block.</summary>
    /// <param name="form">Which operand is transposed.</param>
    /// <param name="p">The product.</param>
    /// <param name="block">The part of its result.</param>
    /// <param name="nextB">What the thread's next block reads first of its B, or null.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(MatMulForm form, in MatMulProblem p, Block block, float* nextB)
    {
        if (block.Rows <= FewRows<TSimd, TVector, TPanel>.MostRows)
        {
            var done = FewRows<TSimd, TVector, TPanel>.Run(form, p, block);
            block = block with { Column = block.Column + done, Columns = block.Columns - done };
            if (block.Columns == 0)
                return;
        }

        if (NarrowProduct<TSimd, TVector, TPanel>.Fits(form, p, block.Rows))
        {
            NarrowProduct<TSimd, TVector, TPanel>.Run(p, block);
            return;
        }

        var sliceK = Math.Min(SliceK, p.K);
        var panels = (block.Columns + PanelColumns - 1) / PanelColumns;
        var packA = form == MatMulForm.AtB && p.LdA >= WideStep && block.Columns > PanelColumns;
        var packedA = packA ? NearRows * sliceK : 0;
        var packedB = panels * PanelColumns * sliceK;
        var edgeTile = TileRows * PanelColumns;
        var edge = NativeBuffer.Of<MatMulProblem>().Take(edgeTile + packedB + packedA);
        var bufferB = edge + edgeTile;
        var bufferA = bufferB + packedB;
        var sourceB = p.B + (form == MatMulForm.ABt ? (long)block.Column * p.LdB : block.Column);
        var c = p.C + (long)block.Row * p.LdC + block.Column;

        var k = 0;
        do
        {
            var depth = Math.Min(sliceK, p.K - k);
            if (form == MatMulForm.ABt)
                Packing.Transpose(sourceB + k, p.LdB, block.Columns, depth, PanelColumns, bufferB);
            else
                Packing.Copy<TSimd, TVector>(sourceB + (long)k * p.LdB, p.LdB, block.Columns, depth, PanelColumns, bufferB);

            var fresh = k == 0 && !p.Accumulate;
            var last = k + depth >= p.K;
            var coming = last ? nextB : form == MatMulForm.ABt ? sourceB + k + depth : sourceB + (long)(k + depth) * p.LdB;
            var across = form != MatMulForm.ABt ? block.Columns : last ? sliceK : Math.Min(sliceK, p.K - k - depth);
            var slice = new Slice(coming, p.LdB, coming == null ? 0 : across / FloatsPerLine);
            for (var m = 0; m < block.Rows; m += NearRows)
            {
                var rows = Math.Min(NearRows, block.Rows - m);
                var row = block.Row + m;
                var near = form != MatMulForm.AtB ? new Operand(p.A + (long)row * p.LdA + k, TileRows * (nint)p.LdA, p.LdA, 1)
                    : packA ? Pack(p.A + (long)k * p.LdA + row, p.LdA, rows, depth, bufferA)
                    : new Operand(p.A + (long)k * p.LdA + row, TileRows, 1, p.LdA);
                for (var n = 0; n < block.Columns; n += PanelColumns)
                {
                    var fetch = n == 0 && form != MatMulForm.AtB;
                    var target = c + (long)m * p.LdC + n;
                    Panel(fetch, depth, near, bufferB + (long)n * depth, fresh, target, p.LdC, rows, block.Columns - n, edge, ref slice);
                }
            }

            k += depth;
        }
        while (k < p.K);
    }

    /// <summary>The slice of B that is packed next; each register tile asks for a column of its lines, until all were asked for.</summary>
    struct Slice(float* first, int ld, int lines)
    {
        int line;

        public bool TryTake(out Ahead ahead)
        {
            ahead = Ahead.Column(first + FloatsPerLine * line, ld);
            return line++ < lines;
        }
    }

    /// <summary>Rows of A and how to walk them.</summary>
    readonly struct Operand(float* address, nint tile, nint row, nint step)
    {
        public readonly float* Address = address;
        public readonly nint Tile = tile, Row = row, Step = step;

        public Operand Next() => new(Address + Tile, Tile, Row, Step);
    }

    static Operand Pack(float* source, int ld, int rows, int depth, float* buffer)
    {
        Packing.CopySix(source, ld, rows, depth, buffer);
        return new Operand(buffer, TileRows * depth, 1, TileRows);
    }

    /// <summary>All rows against one panel, which stays in the nearest cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Panel(
        bool fetch, int k, Operand a, float* panel, bool fresh, float* c, int ldC, int rows, int columns, float* edge, ref Slice slice)
    {
        var shallow = !fresh && k <= ShallowK;
        for (; rows > 0; rows -= TileRows)
        {
            var next = a.Next();
            if (fetch && Sse.IsSupported && rows >= 2 * TileRows)
                Fetch(next, k);
            if (!fresh && !shallow && Sse.IsSupported && rows >= 2 * TileRows)
                FetchSums(c + TileRows * (long)ldC, ldC);
            if (rows < TileRows || columns < PanelColumns)
                Tile(k, a, panel, fresh, c, ldC, Math.Min(TileRows, rows), columns, edge);
            else if (shallow && rows >= 3 * TileRows)
                Whole(k, a, panel, fresh, c, ldC, Ahead.Lines(c + 2 * TileRows * (long)ldC, ldC, PanelColumns / FloatsPerLine));
            else if (slice.TryTake(out var ahead))
                Whole(k, a, panel, fresh, c, ldC, ahead);
            else
                Compute<Six, TPanel>(k, a, panel, fresh, c, ldC);
            a = next;
            c += TileRows * (long)ldC;
        }
    }

    /// <summary>Asks for the rows of the tile after the one that is computed meanwhile.</summary>
    static void Fetch(Operand a, int k)
    {
        for (var row = 0; row < TileRows; row++)
        {
            for (var i = 0; i < k; i += FloatsPerLine)
                Sse.Prefetch0(a.Address + row * a.Row + i);
        }
    }

    /// <summary>Asks for the sums of the tile after the one that is computed meanwhile.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void FetchSums(float* c, nint ldC)
    {
        for (var row = 0; row < TileRows; row++)
        {
            for (var column = 0; column < PanelColumns; column += FloatsPerLine)
                Sse.Prefetch0(c + row * ldC + column);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Tile(int k, Operand a, float* b, bool fresh, float* c, int ldC, int rows, int columns, float* edge)
    {
        if (columns >= PanelColumns)
        {
            Rows<TPanel>(k, a, b, fresh, c, ldC, rows);
            return;
        }

        if (columns % TSimd.Lanes == 0)
        {
            Vectors(k, a, b, fresh, c, ldC, rows, columns / TSimd.Lanes);
            return;
        }

        // The last columns are computed in a tile beside the result.
        if (!fresh)
            Copy(c, ldC, edge, PanelColumns, rows, columns);
        Vectors(k, a, b, fresh, edge, PanelColumns, rows, columns / TSimd.Lanes + 1);
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Vectors(int k, Operand a, float* b, bool fresh, float* c, int ldC, int rows, int vectors)
    {
        switch (vectors)
        {
            case 1: Rows<One>(k, a, b, fresh, c, ldC, rows); break;
            case 2: Rows<Two>(k, a, b, fresh, c, ldC, rows); break;
            case 3: Rows<Three>(k, a, b, fresh, c, ldC, rows); break;
            default: Rows<Four>(k, a, b, fresh, c, ldC, rows); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Rows<TVectors>(int k, Operand a, float* b, bool fresh, float* c, nint ldC, int rows)
        where TVectors : struct, ICount
    {
        switch (rows)
        {
            case 6: Compute<Six, TVectors>(k, a, b, fresh, c, ldC); break;
            case 5: Compute<Five, TVectors>(k, a, b, fresh, c, ldC); break;
            case 4: Compute<Four, TVectors>(k, a, b, fresh, c, ldC); break;
            case 3: Compute<Three, TVectors>(k, a, b, fresh, c, ldC); break;
            case 2: Compute<Two, TVectors>(k, a, b, fresh, c, ldC); break;
            case 1: Compute<One, TVectors>(k, a, b, fresh, c, ldC); break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Whole(int k, Operand a, float* b, bool fresh, float* c, nint ldC, Ahead ahead) =>
        MicroKernel<TSimd, TVector>.Run<Six, TPanel, ToSecondCache>(k, a.Address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC, ahead);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Compute<TRows, TVectors>(int k, Operand a, float* b, bool fresh, float* c, nint ldC)
        where TRows : struct, ICount
        where TVectors : struct, ICount =>
        MicroKernel<TSimd, TVector>.Run<TRows, TVectors>(k, a.Address, a.Row, a.Step, b, PanelColumns, fresh, c, ldC);
}

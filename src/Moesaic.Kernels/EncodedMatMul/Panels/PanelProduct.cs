namespace Moesaic.Kernels;

/// <summary>
/// Activation rows times panels of a block encoding, slice by slice of 256 k. The sums of a panel stay in scratch memory
/// until its last slice.
/// </summary>
static unsafe class PanelProduct<TSimd, TVector, TSlices>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TSlices : struct, ISlices
{
    /// <summary>For more activation rows it pays to spread a slice out first, for the encodings that are dear to read.</summary>
    const int FewRows = 24;

    const int TileRows = 4;

    internal static void Run(in PanelWork work)
    {
        var sums = NativeBuffer.Of<PanelWork>().Take(work.Rows * PanelShape.Rows + TSlices.ScratchBytes / sizeof(float));
        var scratch = (byte*)(sums + work.Rows * PanelShape.Rows);
        var panel = work.Panel;
        for (var i = 0; i < work.Panels; i++)
        {
            new Span<float>(sums, work.Rows * PanelShape.Rows).Clear();
            Slices(work, panel, sums, scratch);
            CopyOut(work, i * PanelShape.Rows, sums);
            panel += work.Layout.PanelBytes;
        }
    }

    /// <summary>A panel, slice by slice: its lines come into the cache once, however many vectors make up the panel.</summary>
    static void Slices(in PanelWork work, byte* panel, float* sums, byte* scratch)
    {
        var shape = work.Layout.Shape;
        var most = shape.SliceBlocks;
        var x = work.X;
        for (var left = shape.Blocks(work.Layout.Columns); left > 0; left -= most)
        {
            var blocks = Math.Min(left, most);
            var bytes = shape.SliceBytes(blocks);
            Foresight.Fetch(panel, bytes);
            for (var lane = 0; lane < PanelShape.Rows; lane += TSimd.Lanes)
            {
                var words = panel + lane * sizeof(uint);
                var scales = panel + blocks * shape.BlockStride + lane * shape.ScaleBytes;
                if (work.Rows <= FewRows) Few(work, words, scales, blocks, scratch, x, sums + lane);
                else Many(work, words, scales, blocks, scratch, x, sums + lane);
            }
            panel += bytes;
            x += Activations.SliceBytes;
        }
    }

    static void Few(in PanelWork work, byte* words, byte* scales, int blocks, byte* scratch, byte* x, float* sums)
    {
        TSlices.Prepare(words, scales, scratch);
        for (int row = 0, rows = TileOf(work.Rows); row < work.Rows; row += rows)
        {
            Tile(Math.Min(rows, work.Rows - row), words, scales, blocks, scratch, x + row * work.Stride, work.Stride,
                sums + row * PanelShape.Rows);
        }
    }

    static void Many(in PanelWork work, byte* words, byte* scales, int blocks, byte* scratch, byte* x, float* sums)
    {
        TSlices.Spread(words, scales, blocks, scratch);
        for (int row = 0, rows = TileOf(work.Rows); row < work.Rows; row += rows)
        {
            SpreadTile(Math.Min(rows, work.Rows - row), scratch, blocks, x + row * work.Stride, work.Stride,
                sums + row * PanelShape.Rows);
        }
    }

    /// <summary>Rows of a tile: as even as possible.</summary>
    static int TileOf(int rows)
    {
        var tiles = (rows + TileRows - 1) / TileRows;
        return (rows + tiles - 1) / tiles;
    }

    static void Tile(int rows, byte* words, byte* scales, int blocks, byte* scratch, byte* x, nint stride, float* y)
    {
        switch (rows)
        {
            case 1: TSlices.Multiply<One>(words, scales, blocks, scratch, x, stride, y); break;
            case 2: TSlices.Multiply<Two>(words, scales, blocks, scratch, x, stride, y); break;
            case 3: TSlices.Multiply<Three>(words, scales, blocks, scratch, x, stride, y); break;
            default: TSlices.Multiply<Four>(words, scales, blocks, scratch, x, stride, y); break;
        }
    }

    static void SpreadTile(int rows, byte* scratch, int blocks, byte* x, nint stride, float* y)
    {
        switch (rows)
        {
            case 1: TSlices.MultiplySpread<One>(scratch, blocks, x, stride, y); break;
            case 2: TSlices.MultiplySpread<Two>(scratch, blocks, x, stride, y); break;
            case 3: TSlices.MultiplySpread<Three>(scratch, blocks, x, stride, y); break;
            default: TSlices.MultiplySpread<Four>(scratch, blocks, x, stride, y); break;
        }
    }

    static void CopyOut(in PanelWork work, int column, float* sums)
    {
        var count = Math.Min(PanelShape.Rows, work.Columns - column);
        for (var row = 0; row < work.Rows; row++)
            new ReadOnlySpan<float>(sums + row * PanelShape.Rows, count).CopyTo(new(work.Y + row * work.LdY + column, count));
    }
}

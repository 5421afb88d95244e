using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// Activation rows times panels of 16-bit floats, a slice of k at a time. Few rows are multiplied from the panels; for many,
/// panels of half precision are widened side by side to float32 and multiplied by the micro-kernel of
/// <see cref="MatMul"/>. Both add in its order, so the bits are its bits.
/// </summary>
static unsafe class FloatPanels<TSimd, TVector, TFloats, TFloatVector, TPanel, TWords>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TFloats : struct, ISimd<TFloatVector>
    where TFloatVector : struct
    where TPanel : struct, ICount
    where TWords : struct, IFloatWords<TSimd, TVector>
{
    /// <summary>Widened panels stay in the nearest cache.</summary>
    const int SliceLength = 64;

    const int TileRows = 6, FewTileRows = 4;

    /// <summary>Panels side by side.</summary>
    const int Group = 4;

    const int GroupColumns = Group * PanelShape.Rows;

    internal static void Run(in PanelWork work)
    {
        var sums = NativeBuffer.Of<PanelWork>().Take((work.Rows + SliceLength) * GroupColumns);
        for (var panel = 0; panel < work.Panels; panel += Group)
        {
            var panels = Math.Min(Group, work.Panels - panel);
            new Span<float>(sums, work.Rows * GroupColumns).Clear();
            for (var k = 0; k < work.Layout.Columns; k += SliceLength)
            {
                var length = Math.Min(SliceLength, work.Layout.Columns - k);
                var words = work.Panel + panel * work.Layout.PanelBytes + k / 2 * PanelShape.WordStride;
                for (var i = 0; i < panels; i++)
                    Foresight.Fetch(words + i * work.Layout.PanelBytes, (length + 1) / 2 * PanelShape.WordStride);
                if (work.Rows <= TWords.FewRows) InPlace(work, words, panels, k, length, sums);
                else Widened(work, words, panels, k, length, sums);
            }

            CopyOut(work, panel * PanelShape.Rows, sums);
        }
    }

    static void InPlace(in PanelWork work, byte* words, int panels, int k, int length, float* sums)
    {
        for (var lane = 0; lane < PanelShape.Rows; lane += TSimd.Lanes)
        {
            for (var row = 0; row < work.Rows; row += FewTileRows)
            {
                var x = (float*)(work.X + row * work.Stride) + k;
                var y = sums + row * GroupColumns + lane;
                var address = words + lane * sizeof(float);
                switch (work.Rows - row)
                {
                    case 1: InPlaceTile<One>(work, address, panels, length, x, y); break;
                    case 2: InPlaceTile<Two>(work, address, panels, length, x, y); break;
                    case 3: InPlaceTile<Three>(work, address, panels, length, x, y); break;
                    default: InPlaceTile<Four>(work, address, panels, length, x, y); break;
                }
            }
        }
    }

    static void InPlaceTile<TRows>(in PanelWork work, byte* words, int panels, int length, float* x, float* y)
        where TRows : struct, ICount
    {
        var (bytes, ldX) = ((nint)work.Layout.PanelBytes, work.Stride / sizeof(float));
        if (panels == Group)
        {
            FloatKernel<TSimd, TVector, TWords>.Run<TRows, Four>(words, bytes, length, x, ldX, y, GroupColumns);
            return;
        }

        for (var panel = 0; panel < panels; panel++)
        {
            FloatKernel<TSimd, TVector, TWords>.Run<TRows, One>(
                words + panel * bytes, bytes, length, x, ldX, y + panel * PanelShape.Rows, GroupColumns);
        }
    }

    static void Widened(in PanelWork work, byte* words, int panels, int k, int length, float* sums)
    {
        var widened = sums + work.Rows * GroupColumns;
        if (panels < Group) new Span<float>(widened, SliceLength * GroupColumns).Clear();
        for (var panel = 0; panel < panels; panel++)
            Widen(words + panel * work.Layout.PanelBytes, (length + 1) / 2, widened + panel * PanelShape.Rows);
        for (var column = 0; column < panels * PanelShape.Rows; column += TPanel.Value * TFloats.Lanes)
        {
            for (var row = 0; row < work.Rows; row += TileRows)
            {
                var x = (float*)(work.X + row * work.Stride) + k;
                var ldX = work.Stride / sizeof(float);
                var b = widened + column;
                var y = sums + row * GroupColumns + column;
                switch (work.Rows - row)
                {
                    case 1: Tile<One>(length, x, ldX, b, y); break;
                    case 2: Tile<Two>(length, x, ldX, b, y); break;
                    case 3: Tile<Three>(length, x, ldX, b, y); break;
                    case 4: Tile<Four>(length, x, ldX, b, y); break;
                    case 5: Tile<Five>(length, x, ldX, b, y); break;
                    default: Tile<Six>(length, x, ldX, b, y); break;
                }
            }
        }
    }

    static void Tile<TRows>(int k, float* x, nint ldX, float* b, float* y) where TRows : struct, ICount =>
        MicroKernel<TFloats, TFloatVector>.Run<TRows, TPanel>(
            k, x, ldX, 1, b, GroupColumns, fresh: false, y, GroupColumns);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Widen(byte* words, int count, float* to)
    {
        for (var word = 0; word < count; word++)
        {
            for (var lane = 0; lane < PanelShape.Rows; lane += TSimd.Lanes)
            {
                TWords.Widen(TSimd.Load(words + lane * sizeof(float)), out var first, out var second);
                TSimd.Store(first, to + lane);
                TSimd.Store(second, to + GroupColumns + lane);
            }

            words += PanelShape.WordStride;
            to += 2 * GroupColumns;
        }
    }

    static void CopyOut(in PanelWork work, int column, float* sums)
    {
        var count = Math.Min(Math.Min(GroupColumns, work.Panels * PanelShape.Rows - column), work.Columns - column);
        for (var row = 0; row < work.Rows; row++)
            new ReadOnlySpan<float>(sums + row * GroupColumns, count).CopyTo(new(work.Y + row * work.LdY + column, count));
    }
}

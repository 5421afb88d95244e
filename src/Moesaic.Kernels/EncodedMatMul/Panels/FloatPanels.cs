using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// Activation rows times panels of 16-bit floats. Some panels are widened side by side to float32, a slice of k at a time,
/// and multiplied by the micro-kernel of <see cref="MatMul"/>: its sums, its bits.
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

    const int TileRows = 6;

    /// <summary>Output rows that one call of the micro-kernel computes.</summary>
    static int Width => TPanel.Value * TFloats.Lanes;

    /// <summary>Panels side by side.</summary>
    static int Group => Math.Max(1, Width / PanelShape.Rows);

    static int GroupColumns => Group * PanelShape.Rows;

    internal static void Run(in PanelWork work)
    {
        var sums = NativeBuffer.Of<PanelWork>().Take((work.Rows + SliceLength) * GroupColumns);
        var widened = sums + work.Rows * GroupColumns;
        for (var panel = 0; panel < work.Panels; panel += Group)
        {
            var panels = Math.Min(Group, work.Panels - panel);
            if (panels < Group) new Span<float>(widened, SliceLength * GroupColumns).Clear();
            if (work.Layout.Columns == 0) new Span<float>(sums, work.Rows * GroupColumns).Clear();
            for (var k = 0; k < work.Layout.Columns; k += SliceLength)
            {
                var length = Math.Min(SliceLength, work.Layout.Columns - k);
                for (var i = 0; i < panels; i++)
                {
                    var words = work.Panel + (panel + i) * work.Layout.PanelBytes + k / 2 * PanelShape.WordStride;
                    Widen(words, (length + 1) / 2, widened + i * PanelShape.Rows);
                }

                for (var column = 0; column < panels * PanelShape.Rows; column += Width)
                    Rows(work, k, length, widened + column, sums + column);
            }

            CopyOut(work, panel * PanelShape.Rows, sums);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Widen(byte* words, int count, float* to)
    {
        for (var word = 0; word < count; word++)
        {
            for (var lane = 0; lane < PanelShape.Rows; lane += TSimd.Lanes)
            {
                TWords.Widen(TSimd.Load(words + lane * sizeof(int)), out var first, out var second);
                TSimd.Store(first, to + lane);
                TSimd.Store(second, to + GroupColumns + lane);
            }

            words += PanelShape.WordStride;
            to += 2 * GroupColumns;
        }
    }

    static void Rows(in PanelWork work, int k, int length, float* b, float* sums)
    {
        for (var row = 0; row < work.Rows; row += TileRows)
        {
            var x = (float*)(work.X + row * work.Stride) + k;
            var stride = work.Stride / sizeof(float);
            var c = sums + row * GroupColumns;
            switch (work.Rows - row)
            {
                case 1: Tile<One>(length, x, stride, b, k == 0, c); break;
                case 2: Tile<Two>(length, x, stride, b, k == 0, c); break;
                case 3: Tile<Three>(length, x, stride, b, k == 0, c); break;
                case 4: Tile<Four>(length, x, stride, b, k == 0, c); break;
                case 5: Tile<Five>(length, x, stride, b, k == 0, c); break;
                default: Tile<Six>(length, x, stride, b, k == 0, c); break;
            }
        }
    }

    static void Tile<TRows>(int k, float* x, nint stride, float* b, bool fresh, float* c) where TRows : struct, ICount =>
        MicroKernel<TFloats, TFloatVector>.Run<TRows, TPanel>(k, x, stride, 1, b, GroupColumns, fresh, c, GroupColumns);

    static void CopyOut(in PanelWork work, int column, float* sums)
    {
        var count = Math.Min(Math.Min(GroupColumns, (work.Panels * PanelShape.Rows) - column), work.Columns - column);
        for (var row = 0; row < work.Rows; row++)
            new ReadOnlySpan<float>(sums + row * GroupColumns, count).CopyTo(new(work.Y + row * work.LdY + column, count));
    }
}

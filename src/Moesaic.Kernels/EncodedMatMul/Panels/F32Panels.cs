namespace Moesaic.Kernels;

/// <summary>
/// Activation rows times panels of float32. A panel holds k after k, 16 output rows side by side: what the micro-kernel of
/// <see cref="MatMul"/> wants, so it is read as it lies, and the bits are the bits of that product.
/// </summary>
static unsafe class F32Panels<TFloats, TFloatVector>
    where TFloats : struct, ISimd<TFloatVector>
    where TFloatVector : struct
{
    const int TileRows = 6;

    /// <summary>Vectors of a tile: a panel at 512 and 256 bits, half of one at 128.</summary>
    static int TileColumns => TFloats.Lanes == PanelShape.Rows ? TFloats.Lanes : 2 * TFloats.Lanes;

    internal static void Run(in PanelWork work)
    {
        var edge = stackalloc float[TileRows * PanelShape.Rows];
        for (var panel = 0; panel < work.Panels; panel++)
        {
            var weights = (float*)(work.Panel + panel * work.Layout.PanelBytes);
            var column = panel * PanelShape.Rows;
            var columns = Math.Min(PanelShape.Rows, work.Columns - column);
            for (var row = 0; row < work.Rows; row += TileRows)
            {
                var rows = Math.Min(TileRows, work.Rows - row);
                var x = (float*)(work.X + row * work.Stride);
                var y = work.Y + row * work.LdY + column;
                if (columns == PanelShape.Rows)
                {
                    Rows(work, x, weights, rows, y, work.LdY);
                    continue;
                }

                Rows(work, x, weights, rows, edge, PanelShape.Rows);
                for (var i = 0; i < rows; i++)
                    new ReadOnlySpan<float>(edge + i * PanelShape.Rows, columns).CopyTo(new(y + i * work.LdY, columns));
            }
        }
    }

    static void Rows(in PanelWork work, float* x, float* weights, int rows, float* y, nint ldY)
    {
        for (var column = 0; column < PanelShape.Rows; column += TileColumns)
        {
            switch (rows)
            {
                case 1: Tile<One>(work, x, weights + column, y + column, ldY); break;
                case 2: Tile<Two>(work, x, weights + column, y + column, ldY); break;
                case 3: Tile<Three>(work, x, weights + column, y + column, ldY); break;
                case 4: Tile<Four>(work, x, weights + column, y + column, ldY); break;
                case 5: Tile<Five>(work, x, weights + column, y + column, ldY); break;
                default: Tile<Six>(work, x, weights + column, y + column, ldY); break;
            }
        }
    }

    static void Tile<TRows>(in PanelWork work, float* x, float* weights, float* y, nint ldY)
        where TRows : struct, ICount
    {
        var (k, ldX) = (work.Layout.Columns, work.Stride / sizeof(float));
        if (TFloats.Lanes == PanelShape.Rows)
            MicroKernel<TFloats, TFloatVector>.Run<TRows, One>(k, x, ldX, 1, weights, PanelShape.Rows, fresh: true, y, ldY);
        else
            MicroKernel<TFloats, TFloatVector>.Run<TRows, Two>(k, x, ldX, 1, weights, PanelShape.Rows, fresh: true, y, ldY);
    }
}

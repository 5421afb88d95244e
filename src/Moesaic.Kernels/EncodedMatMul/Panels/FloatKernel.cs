using System.Runtime.CompilerServices;

namespace Moesaic.Kernels;

/// <summary>
/// Up to 4 activation rows times one vector of output rows in each of up to 4 panels of 16-bit floats, read in place:
/// y = fma(x, w, y) in ascending k, as in <see cref="MicroKernel{TSimd,TVector}"/>.
/// </summary>
static unsafe class FloatKernel<TSimd, TVector, TWords>
    where TSimd : struct, IIntegerSimd<TVector>
    where TVector : unmanaged
    where TWords : struct, IFloatWords<TSimd, TVector>
{
    /// <param name="words">First word of the first panel.</param>
    /// <param name="panelBytes">Bytes from one panel to the next.</param>
    /// <param name="k">Length of the sums.</param>
    /// <param name="x">First activation of the first row.</param>
    /// <param name="ldX">Floats from one activation row to the next.</param>
    /// <param name="y">Sums of the first row and panel; those of the next panel follow after <see cref="PanelShape.Rows"/>.</param>
    /// <param name="ldY">Floats from the sums of one row to those of the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void Run<TRows, TPanels>(byte* words, nint panelBytes, int k, float* x, nint ldX, float* y, nint ldY)
        where TRows : struct, ICount
        where TPanels : struct, ICount
    {
        // yRP is the sum of row R and panel P.
        TVector y00 = default, y01 = default, y02 = default, y03 = default;
        TVector y10 = default, y11 = default, y12 = default, y13 = default;
        TVector y20 = default, y21 = default, y22 = default, y23 = default;
        TVector y30 = default, y31 = default, y32 = default, y33 = default;
        y00 = TSimd.Load(y);
        if (TPanels.Value > 1) y01 = TSimd.Load(y + PanelShape.Rows);
        if (TPanels.Value > 2) y02 = TSimd.Load(y + 2 * PanelShape.Rows);
        if (TPanels.Value > 3) y03 = TSimd.Load(y + 3 * PanelShape.Rows);
        if (TRows.Value > 1) y10 = TSimd.Load(y + ldY);
        if (TRows.Value > 1 && TPanels.Value > 1) y11 = TSimd.Load(y + ldY + PanelShape.Rows);
        if (TRows.Value > 1 && TPanels.Value > 2) y12 = TSimd.Load(y + ldY + 2 * PanelShape.Rows);
        if (TRows.Value > 1 && TPanels.Value > 3) y13 = TSimd.Load(y + ldY + 3 * PanelShape.Rows);
        if (TRows.Value > 2) y20 = TSimd.Load(y + 2 * ldY);
        if (TRows.Value > 2 && TPanels.Value > 1) y21 = TSimd.Load(y + 2 * ldY + PanelShape.Rows);
        if (TRows.Value > 2 && TPanels.Value > 2) y22 = TSimd.Load(y + 2 * ldY + 2 * PanelShape.Rows);
        if (TRows.Value > 2 && TPanels.Value > 3) y23 = TSimd.Load(y + 2 * ldY + 3 * PanelShape.Rows);
        if (TRows.Value > 3) y30 = TSimd.Load(y + 3 * ldY);
        if (TRows.Value > 3 && TPanels.Value > 1) y31 = TSimd.Load(y + 3 * ldY + PanelShape.Rows);
        if (TRows.Value > 3 && TPanels.Value > 2) y32 = TSimd.Load(y + 3 * ldY + 2 * PanelShape.Rows);
        if (TRows.Value > 3 && TPanels.Value > 3) y33 = TSimd.Load(y + 3 * ldY + 3 * PanelShape.Rows);

        for (; k > 0; k -= 2)
        {
            TVector first, second;
            TWords.Widen(TSimd.Load(words), out first, out second);
            y00 = TSimd.AddProduct(first, x, y00);
            if (TRows.Value > 1) y10 = TSimd.AddProduct(first, x + ldX, y10);
            if (TRows.Value > 2) y20 = TSimd.AddProduct(first, x + 2 * ldX, y20);
            if (TRows.Value > 3) y30 = TSimd.AddProduct(first, x + 3 * ldX, y30);
            if (k > 1)
            {
                y00 = TSimd.AddProduct(second, x + 1, y00);
                if (TRows.Value > 1) y10 = TSimd.AddProduct(second, x + 1 + ldX, y10);
                if (TRows.Value > 2) y20 = TSimd.AddProduct(second, x + 1 + 2 * ldX, y20);
                if (TRows.Value > 3) y30 = TSimd.AddProduct(second, x + 1 + 3 * ldX, y30);
            }

            if (TPanels.Value > 1)
            {
                TWords.Widen(TSimd.Load(words + panelBytes), out first, out second);
                y01 = TSimd.AddProduct(first, x, y01);
                if (TRows.Value > 1) y11 = TSimd.AddProduct(first, x + ldX, y11);
                if (TRows.Value > 2) y21 = TSimd.AddProduct(first, x + 2 * ldX, y21);
                if (TRows.Value > 3) y31 = TSimd.AddProduct(first, x + 3 * ldX, y31);
                if (k > 1)
                {
                    y01 = TSimd.AddProduct(second, x + 1, y01);
                    if (TRows.Value > 1) y11 = TSimd.AddProduct(second, x + 1 + ldX, y11);
                    if (TRows.Value > 2) y21 = TSimd.AddProduct(second, x + 1 + 2 * ldX, y21);
                    if (TRows.Value > 3) y31 = TSimd.AddProduct(second, x + 1 + 3 * ldX, y31);
                }
            }

            if (TPanels.Value > 2)
            {
                TWords.Widen(TSimd.Load(words + 2 * panelBytes), out first, out second);
                y02 = TSimd.AddProduct(first, x, y02);
                if (TRows.Value > 1) y12 = TSimd.AddProduct(first, x + ldX, y12);
                if (TRows.Value > 2) y22 = TSimd.AddProduct(first, x + 2 * ldX, y22);
                if (TRows.Value > 3) y32 = TSimd.AddProduct(first, x + 3 * ldX, y32);
                if (k > 1)
                {
                    y02 = TSimd.AddProduct(second, x + 1, y02);
                    if (TRows.Value > 1) y12 = TSimd.AddProduct(second, x + 1 + ldX, y12);
                    if (TRows.Value > 2) y22 = TSimd.AddProduct(second, x + 1 + 2 * ldX, y22);
                    if (TRows.Value > 3) y32 = TSimd.AddProduct(second, x + 1 + 3 * ldX, y32);
                }
            }

            if (TPanels.Value > 3)
            {
                TWords.Widen(TSimd.Load(words + 3 * panelBytes), out first, out second);
                y03 = TSimd.AddProduct(first, x, y03);
                if (TRows.Value > 1) y13 = TSimd.AddProduct(first, x + ldX, y13);
                if (TRows.Value > 2) y23 = TSimd.AddProduct(first, x + 2 * ldX, y23);
                if (TRows.Value > 3) y33 = TSimd.AddProduct(first, x + 3 * ldX, y33);
                if (k > 1)
                {
                    y03 = TSimd.AddProduct(second, x + 1, y03);
                    if (TRows.Value > 1) y13 = TSimd.AddProduct(second, x + 1 + ldX, y13);
                    if (TRows.Value > 2) y23 = TSimd.AddProduct(second, x + 1 + 2 * ldX, y23);
                    if (TRows.Value > 3) y33 = TSimd.AddProduct(second, x + 1 + 3 * ldX, y33);
                }
            }

            words += PanelShape.WordStride;
            x += 2;
        }

        TSimd.Store(y00, y);
        if (TPanels.Value > 1) TSimd.Store(y01, y + PanelShape.Rows);
        if (TPanels.Value > 2) TSimd.Store(y02, y + 2 * PanelShape.Rows);
        if (TPanels.Value > 3) TSimd.Store(y03, y + 3 * PanelShape.Rows);
        if (TRows.Value > 1) TSimd.Store(y10, y + ldY);
        if (TRows.Value > 1 && TPanels.Value > 1) TSimd.Store(y11, y + ldY + PanelShape.Rows);
        if (TRows.Value > 1 && TPanels.Value > 2) TSimd.Store(y12, y + ldY + 2 * PanelShape.Rows);
        if (TRows.Value > 1 && TPanels.Value > 3) TSimd.Store(y13, y + ldY + 3 * PanelShape.Rows);
        if (TRows.Value > 2) TSimd.Store(y20, y + 2 * ldY);
        if (TRows.Value > 2 && TPanels.Value > 1) TSimd.Store(y21, y + 2 * ldY + PanelShape.Rows);
        if (TRows.Value > 2 && TPanels.Value > 2) TSimd.Store(y22, y + 2 * ldY + 2 * PanelShape.Rows);
        if (TRows.Value > 2 && TPanels.Value > 3) TSimd.Store(y23, y + 2 * ldY + 3 * PanelShape.Rows);
        if (TRows.Value > 3) TSimd.Store(y30, y + 3 * ldY);
        if (TRows.Value > 3 && TPanels.Value > 1) TSimd.Store(y31, y + 3 * ldY + PanelShape.Rows);
        if (TRows.Value > 3 && TPanels.Value > 2) TSimd.Store(y32, y + 3 * ldY + 2 * PanelShape.Rows);
        if (TRows.Value > 3 && TPanels.Value > 3) TSimd.Store(y33, y + 3 * ldY + 3 * PanelShape.Rows);
    }
}

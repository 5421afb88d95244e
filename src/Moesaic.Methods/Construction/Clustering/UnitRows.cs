using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Methods.Construction.Clustering;

/// <summary>Rows brought to length 1, so that distances compare directions alone.</summary>
static class UnitRows
{
    /// <summary>Divides every row by its length; rows of zeros stay.</summary>
    /// <param name="rows">[N, D], changed.</param>
    public static void Normalise(Tensor rows)
    {
        for (var n = 0; n < rows.Rows; n++)
        {
            var length = Math.Sqrt(Elementwise.SumOfSquares(rows.Row(n)));
            if (length > 0) Elementwise.Scale(rows.Row(n), (float)(1 / length));
        }
    }
}

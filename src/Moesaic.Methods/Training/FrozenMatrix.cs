using Moesaic.Kernels;
using Moesaic.Tensors;

namespace Moesaic.Methods.Training;

/// <summary>Matrices that are not trained, in fewer bytes.</summary>
static class FrozenMatrix
{
    /// <summary>
    /// The matrix in an encoding; as it is where its rows are no whole blocks, and where an encoding of single numbers would lose some of one.
    /// </summary>
    /// <param name="matrix">Float32, disposed when another takes its place; what is encoded already stays.</param>
    /// <param name="encoding">To be kept in.</param>
    public static WeightMatrix Of(WeightMatrix matrix, WeightEncoding encoding)
    {
        if (matrix is not Tensor dense || dense.Columns % encoding.BlockLength() != 0) return matrix;
        byte[] piece = [];
        var encoded = new EncodedTensor(encoding, dense.Rows, dense.Columns, (first, count) =>
        {
            var bytes = (int)(count * encoding.RowBytes(dense.Columns));
            if (piece.Length == 0) piece = GC.AllocateUninitializedArray<byte>(bytes);
            BlockCodec.Encode(encoding, dense.Span.Slice(first * dense.Columns, count * dense.Columns), dense.Columns, [], piece.AsSpan(0, bytes));
            return piece.AsSpan(0, bytes);
        });
        var exact = encoding.BlockLength() > 1 || IsSame(dense, encoded);
        (exact ? matrix : encoded).Dispose();
        return exact ? encoded : matrix;
    }

    static bool IsSame(Tensor dense, EncodedTensor encoded)
    {
        var row = new float[dense.Columns];
        for (var r = 0; r < dense.Rows; r++)
        {
            encoded.DecodeRow(r, row);
            if (!row.AsSpan().SequenceEqual(dense.Row(r))) return false;
        }
        return true;
    }
}

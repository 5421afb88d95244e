using Moesaic.Kernels;

namespace Moesaic.Tensors.Tests;

/// <summary>Encoded matrices.</summary>
static class Encoded
{
    public static EncodedTensor Of(WeightEncoding encoding, Tensor dense)
    {
        var file = new byte[encoding.RowBytes(dense.Columns) * dense.Rows];
        BlockCodec.Encode(encoding, dense.Span, dense.Columns, [], file);
        var row = (int)encoding.RowBytes(dense.Columns);
        return new EncodedTensor(encoding, dense.Rows, dense.Columns, (first, count) => file.AsSpan(first * row, count * row));
    }

    public static Tensor Decoded(WeightMatrix encoded)
    {
        var dense = new Tensor(encoded.Rows, encoded.Columns);
        for (var i = 0; i < encoded.Rows; i++) encoded.DecodeRow(i, dense.Row(i));
        return dense;
    }
}

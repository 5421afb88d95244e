namespace Moesaic.Kernels;

/// <summary>Moves one row between file order and its place in a panel, see <see cref="PanelShape"/>.</summary>
static unsafe class PanelOrder
{
    /// <summary>From file order.</summary>
    /// <param name="shape">Of the encoding.</param>
    /// <param name="k">Values in the row.</param>
    /// <param name="row">The row in file order.</param>
    /// <param name="rowBytes">Its length; the last block may be cut short there.</param>
    /// <param name="panel">The panel.</param>
    /// <param name="lane">The row's number in the panel.</param>
    internal static void Pack(PanelShape shape, int k, byte* row, long rowBytes, byte* panel, int lane)
    {
        for (var left = shape.Blocks(k); left > 0; left -= shape.SliceBlocks)
        {
            var blocks = Math.Min(left, shape.SliceBlocks);
            for (var block = 0; block < blocks; block++)
            {
                var words = panel + block * shape.BlockStride + lane * sizeof(uint);
                for (var word = 0; word < shape.Words; word++)
                {
                    var value = rowBytes >= sizeof(uint) ? *(uint*)(row + shape.FirstWord + word * sizeof(uint)) : *(ushort*)row;
                    if (shape.FifthBits && word == 0) value = SpreadFifthBits(value);
                    *(uint*)(words + word * PanelShape.WordStride) = value;
                }

                var scale = panel + blocks * shape.BlockStride + block * shape.ScaleStride + lane * shape.ScaleBytes;
                for (var i = 0; i < shape.ScaleBytes; i++)
                    scale[i] = row[shape.ScaleOffset + i];
                row += shape.BlockBytes;
                rowBytes -= shape.BlockBytes;
            }

            var (used, bytes) = (blocks * (shape.BlockStride + shape.ScaleStride), shape.SliceBytes(blocks));
            if (lane == 0) new Span<byte>(panel + used, bytes - used).Clear();
            panel += bytes;
        }
    }

    /// <summary>Back to file order; the inverse of <see cref="Pack"/>.</summary>
    internal static void Unpack(PanelShape shape, int k, byte* panel, int lane, long rowBytes, byte* row)
    {
        for (var left = shape.Blocks(k); left > 0; left -= shape.SliceBlocks)
        {
            var blocks = Math.Min(left, shape.SliceBlocks);
            for (var block = 0; block < blocks; block++)
            {
                var words = panel + block * shape.BlockStride + lane * sizeof(uint);
                for (var word = 0; word < shape.Words; word++)
                {
                    var value = *(uint*)(words + word * PanelShape.WordStride);
                    if (shape.FifthBits && word == 0) value = GatherFifthBits(value);
                    if (rowBytes >= sizeof(uint)) *(uint*)(row + shape.FirstWord + word * sizeof(uint)) = value;
                    else *(ushort*)row = (ushort)value;
                }

                var scale = panel + blocks * shape.BlockStride + block * shape.ScaleStride + lane * shape.ScaleBytes;
                for (var i = 0; i < shape.ScaleBytes; i++)
                    row[shape.ScaleOffset + i] = scale[i];
                row += shape.BlockBytes;
                rowBytes -= shape.BlockBytes;
            }

            panel += shape.SliceBytes(blocks);
        }
    }

    /// <summary>Moves the bit of value 4·u + i from there to 8·i + u: a shift by u then brings 4 neighbours to 4 bytes.</summary>
    static uint SpreadFifthBits(uint bits)
    {
        uint spread = 0;
        for (var value = 0; value < 32; value++)
            spread |= (bits >> value & 1) << (value % 4 * 8 + value / 4);
        return spread;
    }

    static uint GatherFifthBits(uint spread)
    {
        uint bits = 0;
        for (var value = 0; value < 32; value++)
            bits |= (spread >> (value % 4 * 8 + value / 4) & 1) << value;
        return bits;
    }
}

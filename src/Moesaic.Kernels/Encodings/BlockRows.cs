namespace Moesaic.Kernels;

/// <summary>Rows as the blocks that they consist of.</summary>
static class BlockRows
{
    internal static void Decode<TBlock>(ReadOnlySpan<byte> blocks, Span<float> values) where TBlock : IBlockEncoding
    {
        for (int i = 0, at = 0; at < values.Length; i += TBlock.Bytes, at += TBlock.Length)
            TBlock.Decode(blocks.Slice(i, TBlock.Bytes), values.Slice(at, TBlock.Length));
    }

    internal static void Encode<TBlock>(ReadOnlySpan<float> row, ReadOnlySpan<float> importance, Span<byte> blocks)
        where TBlock : IBlockEncoder
    {
        float meanSquare = 0;
        if (!importance.IsEmpty) meanSquare = Weighing.SumOfSquares(row) / row.Length;
        for (int i = 0, at = 0; at < row.Length; i += TBlock.Bytes, at += TBlock.Length)
        {
            ReadOnlySpan<float> ofBlock = importance.IsEmpty ? importance : importance.Slice(at, TBlock.Length);
            TBlock.Encode(row.Slice(at, TBlock.Length), ofBlock, meanSquare, blocks.Slice(i, TBlock.Bytes));
        }
    }
}

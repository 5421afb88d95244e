namespace Moesaic.Kernels;

/// <summary>A block type that can be written too.</summary>
interface IBlockEncoder : IBlockEncoding
{
    /// <summary>Writes every byte of one block.</summary>
    /// <param name="x">[<see cref="IBlockEncoding.Length"/>], finite.</param>
    /// <param name="importance">Of the same columns, or empty: the type's own weighing of errors.</param>
    /// <param name="meanSquare">Mean of the squares of the whole row; 0 without importance.</param>
    /// <param name="block">[<see cref="IBlockEncoding.Bytes"/>].</param>
    static abstract void Encode(ReadOnlySpan<float> x, ReadOnlySpan<float> importance, float meanSquare, Span<byte> block);
}

namespace Moesaic.Kernels;

/// <summary>A block type that can be read.</summary>
interface IBlockEncoding
{
    /// <summary>Values in a block.</summary>
    static abstract int Length { get; }

    /// <summary>Bytes of a block.</summary>
    static abstract int Bytes { get; }

    /// <summary>Reads one block.</summary>
    /// <param name="block">[<see cref="Bytes"/>].</param>
    /// <param name="values">[<see cref="Length"/>].</param>
    static abstract void Decode(ReadOnlySpan<byte> block, Span<float> values);
}

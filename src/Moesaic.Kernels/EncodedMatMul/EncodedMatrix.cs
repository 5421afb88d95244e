namespace Moesaic.Kernels;

/// <summary>
/// A weight matrix [rows, columns] in memory that stays put, laid out as its <see cref="EncodedLayout"/> says.
/// </summary>
public readonly unsafe struct EncodedMatrix
{
    /// <param name="layout">Encoding, sizes and order.</param>
    /// <param name="address">First of <see cref="EncodedLayout.Bytes"/>; best aligned to 64 bytes.</param>
    public EncodedMatrix(EncodedLayout layout, void* address)
    {
        Layout = layout;
        Address = (byte*)address;
    }

    /// <summary>Encoding, sizes and order.</summary>
    public EncodedLayout Layout { get; }

    /// <summary>The laid out bytes.</summary>
    public byte* Address { get; }
}

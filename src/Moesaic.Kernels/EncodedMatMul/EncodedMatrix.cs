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

    /// <summary>One row as float32.</summary>
    /// <param name="row">0 to rows − 1.</param>
    /// <param name="values">[columns], overwritten.</param>
    /// <exception cref="ArgumentException">There is no such row, or the length is another.</exception>
    public void DecodeRow(int row, Span<float> values)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Layout.Rows);
        Require.Length(values.Length, Layout.Columns, nameof(values));
        var file = NativeBuffer.Of<EncodedLayout>().Take((Layout.FileRowBytes + sizeof(float) - 1) / sizeof(float));
        Layout.UnpackRow(Address, row, (byte*)file);
        BlockCodec.Decode(Layout.Encoding, new ReadOnlySpan<byte>(file, (int)Layout.FileRowBytes), values);
    }
}

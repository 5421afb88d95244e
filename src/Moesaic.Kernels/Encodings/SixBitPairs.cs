namespace Moesaic.Kernels;

/// <summary>
/// Eight scales and eight minima of 6 bits in 12 bytes. Bytes 0–3 and 4–7 hold the first four scales and minima; bytes
/// 8–11 the low 4 bits of the last four, scale below and minimum above; their high 2 bits are on top of the bytes 0–7.
/// </summary>
static class SixBitPairs
{
    internal const int Bytes = 12;

    internal static (int Scale, int Minimum) Read(ReadOnlySpan<byte> packed, int part) => part < 4
        ? (packed[part] & 63, packed[part + 4] & 63)
        : (packed[part + 4] & 15 | packed[part - 4] >> 6 << 4, packed[part + 4] >> 4 | packed[part] >> 6 << 4);

    internal static void Pack(ReadOnlySpan<byte> scales, ReadOnlySpan<byte> minima, Span<byte> packed)
    {
        for (int j = 0; j < 4; j++)
        {
            packed[j] = (byte)(scales[j] | scales[j + 4] >> 4 << 6);
            packed[j + 4] = (byte)(minima[j] | minima[j + 4] >> 4 << 6);
            packed[j + 8] = (byte)(scales[j + 4] & 15 | (minima[j + 4] & 15) << 4);
        }
    }
}

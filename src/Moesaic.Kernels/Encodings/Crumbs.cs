namespace Moesaic.Kernels;

/// <summary>
/// The low 2 bits of 256 levels in 64 bytes: byte 32·h + j has those of levels 128·h + j, + 32, + 64 and + 96, from the
/// lowest bits up.
/// </summary>
static class Crumbs
{
    internal const int Bytes = 64;

    internal static void Pack(ReadOnlySpan<byte> levels, Span<byte> packed)
    {
        for (int j = 0; j < Bytes; j++)
        {
            ReadOnlySpan<byte> four = levels[(j / 32 * 128 + j % 32)..];
            packed[j] = (byte)(four[0] & 3 | (four[32] & 3) << 2 | (four[64] & 3) << 4 | (four[96] & 3) << 6);
        }
    }
}

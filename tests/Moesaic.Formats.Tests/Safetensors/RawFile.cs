using System.Buffers.Binary;
using System.Text;

namespace Moesaic.Formats.Tests;

/// <summary>Safetensors bytes made by hand, true or lying.</summary>
static class RawFile
{
    public static byte[] Bytes(string header, int dataLength = 0, long? claimedHeaderLength = null)
    {
        byte[] json = Encoding.Latin1.GetBytes(header);
        var bytes = new byte[8 + json.Length + dataLength];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, claimedHeaderLength ?? json.Length);
        json.CopyTo(bytes, 8);
        return bytes;
    }
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Moesaic.Text.Corpora;

/// <summary>Which namespaces are held out: those whose name's SHA-256 falls into the lowest share, in every version.</summary>
static class HeldOutNamespaces
{
    /// <summary>The share of names, of 1.</summary>
    const double Share = 0.05;

    internal static bool Contains(string name)
    {
        var prefix = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
        return prefix < Share * 4294967296.0;
    }
}

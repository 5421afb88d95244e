using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>Joins bytes that arrive in pieces into characters; ill-formed parts become U+FFFD, one per maximal subpart.</summary>
sealed class Utf8Joiner
{
    readonly Decoder decoder = Encoding.UTF8.GetDecoder();

    public void Append(ReadOnlySpan<byte> bytes, StringBuilder output)
    {
        while (bytes.Length > 1024)
        {
            Convert(bytes[..1024], false, output);
            bytes = bytes[1024..];
        }
        Convert(bytes, false, output);
    }

    public void Finish(StringBuilder output) => Convert([], true, output);

    void Convert(ReadOnlySpan<byte> bytes, bool flush, StringBuilder output)
    {
        Span<char> characters = stackalloc char[1032];
        output.Append(characters[..decoder.GetChars(bytes, characters, flush)]);
    }
}

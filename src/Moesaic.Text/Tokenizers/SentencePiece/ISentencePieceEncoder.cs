namespace Moesaic.Text.Tokenizers;

/// <summary>Cuts normalized text into pieces.</summary>
interface ISentencePieceEncoder
{
    /// <summary>Appends the pieces from left to right; the unknown piece's id where no piece fits.</summary>
    void Encode(ReadOnlySpan<byte> text, List<(int Id, int Start, int Length)> pieces);
}

/// <summary>The character lengths SentencePiece assumes.</summary>
static class Utf8Length
{
    /// <summary>The bytes of the character that begins here, judged by its first byte.</summary>
    public static int Of(ReadOnlySpan<byte> text) => Math.Min(text.Length, text[0] switch
    {
        < 0xC0 => 1,
        < 0xE0 => 2,
        < 0xF0 => 3,
        _ => 4,
    });
}

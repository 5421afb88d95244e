namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Where a text can be cut so that its parts encode as the whole does: before a ▁ that follows another character,
/// provided no token has a ▁ there. Merges then can not cross, words are short and repeat.
/// </summary>
static class Marks
{
    public const char Mark = '▁';

    /// <summary>Whether a token has a mark behind another character.</summary>
    public static bool IsInside(string token)
    {
        for (var i = 1; i < token.Length; i++)
            if (token[i] == Mark && token[i - 1] != Mark) return true;
        return false;
    }

    /// <summary>The length of the first part of a text.</summary>
    public static int PartOf(ReadOnlySpan<char> text)
    {
        var lead = text.IndexOfAnyExcept(Mark);
        if (lead < 0) return text.Length;
        var next = text[lead..].IndexOf(Mark);
        return next < 0 ? text.Length : lead + next;
    }

    /// <summary>The length of the first part of a text in UTF-8.</summary>
    public static int PartOf(ReadOnlySpan<byte> text)
    {
        var lead = 0;
        while (text[lead..].StartsWith("▁"u8)) lead += 3;
        var next = text[lead..].IndexOf("▁"u8);
        return next < 0 ? text.Length : lead + next;
    }
}

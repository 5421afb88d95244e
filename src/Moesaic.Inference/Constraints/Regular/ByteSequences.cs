namespace Moesaic.Inference;

/// <summary>Ranges of code points as sequences of byte ranges, in UTF-8 or as they stand inside a JSON string.</summary>
static class ByteSequences
{
    /// <summary>Sequences for a range in UTF-8; surrogates, which UTF-8 has not, are left out.</summary>
    public static IEnumerable<(byte First, byte Last)[]> Utf8(int first, int last)
    {
        int[] cuts = [0x80, 0x800, 0xD800, 0xE000, 0x10000, 0x110000];
        var from = first;
        foreach (var cut in cuts)
        {
            if (from > last) break;
            if (from >= cut) continue;
            var to = Math.Min(last, cut - 1);
            if (from is < 0xD800 or > 0xDFFF)
                foreach (var sequence in SameLength(from, to)) yield return sequence;
            from = to + 1;
        }
    }

    /// <summary>
    /// Sequences for a range inside a JSON string. Each character is written one way: by itself, or where it must be escaped with the
    /// short escape if there is one.
    /// </summary>
    public static IEnumerable<(byte First, byte Last)[]> Json(int first, int last)
    {
        var plain = first;
        for (var c = first; c <= Math.Min(last, '\\'); c++)
        {
            if (Escape(c) is not { } escape) continue;
            foreach (var sequence in Utf8(plain, c - 1)) yield return sequence;
            yield return [.. escape.Select(x => ((byte)x, (byte)x))];
            plain = c + 1;
        }
        foreach (var sequence in Utf8(plain, last)) yield return sequence;
    }

    /// <summary>How a character must be escaped in JSON, or null.</summary>
    public static string? Escape(int c) => c switch
    {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\b' => "\\b",
        '\f' => "\\f",
        < 0x20 => FormattableString.Invariant($"\\u{c:x4}"),
        _ => null,
    };

    // Splits until both ends differ in their last bytes only by whole blocks of continuations.
    static IEnumerable<(byte, byte)[]> SameLength(int first, int last)
    {
        var length = Length(first);
        for (var i = 1; i < length; i++)
        {
            var block = (1 << (6 * i)) - 1;
            if ((first & ~block) == (last & ~block)) continue;
            if ((first & block) != 0) return SameLength(first, first | block).Concat(SameLength((first | block) + 1, last));
            if ((last & block) != block) return SameLength(first, (last & ~block) - 1).Concat(SameLength(last & ~block, last));
        }
        var sequence = new (byte, byte)[length];
        for (var i = 0; i < length; i++) sequence[i] = (Byte(first, length, i), Byte(last, length, i));
        return [sequence];
    }

    static int Length(int c) => c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    static byte Byte(int c, int length, int at)
    {
        if (length == 1) return (byte)c;
        var bits = c >> (6 * (length - 1 - at));
        return (byte)(at > 0 ? 0x80 | (bits & 0x3F) : length switch { 2 => 0xC0, 3 => 0xE0, _ => 0xF0 } | bits);
    }
}

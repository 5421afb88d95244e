using System.Buffers.Binary;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// SentencePiece's compiled normalization rules: a double-array trie (darts-clone) of source strings whose values are
/// offsets of NUL-terminated replacements.
/// </summary>
sealed class CharsMap
{
    readonly uint[] units;
    readonly byte[] replacements;

    /// <param name="blob">The trie's size in bytes (little-endian), the trie, the replacements.</param>
    /// <param name="file">The file, for messages.</param>
    public CharsMap(ReadOnlySpan<byte> blob, string file)
    {
        if (blob.Length < 4) throw Damaged(file);
        var size = BinaryPrimitives.ReadUInt32LittleEndian(blob);
        if (size == 0 || size % 4 != 0 || size > blob.Length - 4) throw Damaged(file);
        units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(blob[(4 + 4 * i)..]);
        replacements = blob[(4 + (int)size)..].ToArray();
        if (replacements.Length == 0 || replacements[^1] != 0) throw Damaged(file);
    }

    /// <summary>The longest rule the text begins with: its source's length (0 for none) and its replacement.</summary>
    public int Match(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> replacement)
    {
        var (length, offset) = (0, 0);
        var position = Offset(units[0]);
        for (var i = 0; i < text.Length; i++)
        {
            position ^= text[i];
            if (position >= units.Length) break;
            var unit = units[position];
            if ((unit & 0x800000FF) != text[i]) break;
            position ^= Offset(unit);
            var hasLeaf = (unit >> 8 & 1) != 0;
            if (position >= units.Length) break;
            if (hasLeaf) (length, offset) = (i + 1, (int)(units[position] & 0x7FFFFFFF));
        }
        replacement = [];
        if (length == 0 || offset >= replacements.Length) return length;
        replacement = replacements.AsSpan(offset);
        replacement = replacement[..replacement.IndexOf((byte)0)];
        return length;
    }

    static uint Offset(uint unit) => unit >> 10 << (int)((unit & 1 << 9) >> 6);

    static BadModelException Damaged(string file) =>
        new($"{file}: the normalization rules (precompiled_charsmap) are damaged. Fetch the file again.");
}

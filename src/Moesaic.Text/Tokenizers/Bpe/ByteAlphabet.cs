using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// The printable stand-ins of GPT-2 for the 256 bytes: a byte that prints in Latin-1 is itself, the other 68 are
/// U+0100 onwards in byte order.
/// </summary>
static class ByteAlphabet
{
    static readonly char[] Characters = Build();
    static readonly short[] Bytes = Invert(Characters);

    /// <summary>The stand-in of a byte.</summary>
    public static char CharacterOf(byte value) => Characters[value];

    /// <summary>The byte a character stands for, or -1.</summary>
    public static int ByteOf(char character) => character < Bytes.Length ? Bytes[character] : -1;

    /// <summary>The UTF-8 bytes of a text, written in stand-ins. The text has no unpaired surrogates.</summary>
    public static string Map(ReadOnlySpan<char> text)
    {
        var utf8 = text.Length <= 128 ? stackalloc byte[text.Length * 3] : new byte[text.Length * 3];
        var count = Encoding.UTF8.GetBytes(text, utf8);
        return MapBytes(utf8[..count]);
    }

    public static string MapBytes(ReadOnlySpan<byte> bytes) => string.Create(bytes.Length, bytes, static (to, from) =>
    {
        for (var i = 0; i < from.Length; i++) to[i] = Characters[from[i]];
    });

    /// <summary>The bytes behind a token's name; its UTF-8 when it is literal or not written in stand-ins throughout.</summary>
    public static byte[] ToBytes(string token, bool literal)
    {
        if (literal) return Encoding.UTF8.GetBytes(token);
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            var value = ByteOf(token[i]);
            if (value < 0) return Encoding.UTF8.GetBytes(token);
            bytes[i] = (byte)value;
        }
        return bytes;
    }

    static char[] Build()
    {
        var characters = new char[256];
        var next = 0x100;
        for (var b = 0; b < 256; b++)
        {
            var prints = b is >= 0x21 and <= 0x7E or >= 0xA1 and <= 0xAC or >= 0xAE;
            characters[b] = (char)(prints ? b : next++);
        }
        return characters;
    }

    static short[] Invert(char[] characters)
    {
        var bytes = new short[0x144];
        Array.Fill(bytes, (short)-1);
        for (var b = 0; b < 256; b++) bytes[characters[b]] = (short)b;
        return bytes;
    }
}

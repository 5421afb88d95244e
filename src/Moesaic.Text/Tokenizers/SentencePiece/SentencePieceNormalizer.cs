using System.Buffers;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>SentencePiece's normalizer: rules, white space, the dummy prefix. Bytes in, valid UTF-8 out.</summary>
/// <param name="model">Its settings.</param>
/// <param name="rules">Compiled rules, or null.</param>
/// <param name="userDefined">Pieces that are left as they are.</param>
sealed class SentencePieceNormalizer(SentencePieceModel model, CharsMap? rules, ByteTrie userDefined)
{
    static readonly byte[] Mark = "▁"u8.ToArray();

    public byte[] Normalize(ReadOnlySpan<byte> text)
    {
        if (model.RemoveExtraWhitespaces)
        {
            while (text.Length > 0 && Prefix(text, out var consumed).SequenceEqual(" "u8)) text = text[consumed..];
        }
        if (text.Length == 0) return [];

        var space = model.EscapeWhitespaces ? Mark : " "u8;
        var output = new ArrayBufferWriter<byte>(text.Length + text.Length / 4 + 16);
        if (model.AddDummyPrefix && !model.WhitespaceAsSuffix) output.Write(space);
        var afterSpace = model.RemoveExtraWhitespaces;
        while (text.Length > 0)
        {
            var part = Prefix(text, out var consumed);
            text = text[consumed..];
            if (afterSpace) part = part.TrimStart((byte)' ');
            if (part.Length > 0)
            {
                afterSpace = model.RemoveExtraWhitespaces && part[^1] == ' ';
                Append(part, space, output);
            }
        }

        var length = output.WrittenCount;
        if (model.RemoveExtraWhitespaces)
            while (output.WrittenSpan[..length].EndsWith(space)) length -= space.Length;
        if (!model.AddDummyPrefix || !model.WhitespaceAsSuffix) return output.WrittenSpan[..length].ToArray();
        return [.. output.WrittenSpan[..length], .. space];
    }

    static void Append(ReadOnlySpan<byte> part, ReadOnlySpan<byte> space, ArrayBufferWriter<byte> output)
    {
        while (part.Length > 0)
        {
            var at = part.IndexOf((byte)' ');
            output.Write(at < 0 ? part : part[..at]);
            if (at < 0) return;
            output.Write(space);
            part = part[(at + 1)..];
        }
    }

    /// <summary>What the beginning of the text becomes, and how much of the text that is.</summary>
    ReadOnlySpan<byte> Prefix(ReadOnlySpan<byte> text, out int consumed)
    {
        consumed = userDefined.LongestPrefix(text);
        if (consumed > 0) return text[..consumed];
        if (rules is not null)
        {
            consumed = rules.Match(text, out var replacement);
            if (consumed > 0) return replacement;
        }
        if (Rune.DecodeFromUtf8(text, out _, out consumed) == OperationStatus.Done) return text[..consumed];
        consumed = 1;
        return "\uFFFD"u8;
    }
}

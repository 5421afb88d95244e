using System.Buffers;
using System.Text;

namespace Moesaic.Text.Tokenizers;

/// <summary>
/// Decodes as the library does: marks become spaces, the one at the start (all of them, where extra white space is
/// removed) vanishes, and a byte that begins no character becomes U+FFFD by itself.
/// </summary>
sealed class SentencePieceStream(
    SentencePieceModel model, SentencePieceVocabulary pieces, Vocabulary vocabulary, IReadOnlySet<int> specials,
    StringBuilder output, bool skipSpecial) : ITokenStream
{
    readonly List<byte> waiting = [];
    bool atStart = true;
    bool markConsumed;
    bool anyText;

    public void Push(int id)
    {
        if (skipSpecial && specials.Contains(id)) return;
        if (vocabulary.NameOf(id) is not { } name) return;
        if (id < pieces.Pieces.Length && pieces.Pieces[id].Kind == PieceKind.Byte)
        {
            waiting.Add((byte)ByteFallbackDecoder.ByteOf(name));
            Release(atEnd: false);
            return;
        }
        Release(atEnd: true);
        if (markConsumed || anyText) atStart = false;
        Append(TextOf(id, name));
    }

    public void Finish() => Release(atEnd: true);

    string TextOf(int id, string name)
    {
        markConsumed = false;
        if (id == pieces.UnknownId) return model.UnknownSurface;
        if (vocabulary.IsAdded(id)) return name;
        if (atStart && (model.AddDummyPrefix || model.RemoveExtraWhitespaces) && name.StartsWith('▁'))
        {
            name = name[1..];
            markConsumed = !model.RemoveExtraWhitespaces;
        }
        return name.Replace('▁', ' ');
    }

    /// <summary>Writes out the characters that the waiting bytes form.</summary>
    void Release(bool atEnd)
    {
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(waiting);
        var used = 0;
        while (used < bytes.Length)
        {
            var status = Rune.DecodeFromUtf8(bytes[used..], out var rune, out var length);
            if (status == OperationStatus.NeedMoreData && !atEnd) break;
            Append(status == OperationStatus.Done ? rune.ToString() : "\uFFFD");
            used += status == OperationStatus.Done ? length : 1;
        }
        waiting.RemoveRange(0, used);
    }

    void Append(string text)
    {
        anyText |= text.Length > 0;
        output.Append(text);
    }
}

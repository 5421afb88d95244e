using System.Text;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>The pieces of a model, checked and findable.</summary>
sealed class SentencePieceVocabulary
{
    readonly ByteTrie reservedTrie;

    public SentencePieceVocabulary(SentencePieceModel model)
    {
        Pieces = [.. model.Pieces];
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        UnknownId = -1;
        for (var id = 0; id < Pieces.Length; id++)
        {
            var piece = Pieces[id];
            if (piece.Text.Length == 0) throw Fault(model, $"piece {id} is empty");
            if (!names.TryAdd(piece.Text, id))
                throw Fault(model, $"the piece '{piece.Text}' appears twice, as {names[piece.Text]} and {id}");
            if (piece.Kind == PieceKind.Unknown)
            {
                if (UnknownId >= 0) throw Fault(model, $"there are two unknown pieces, {UnknownId} and {id}");
                UnknownId = id;
            }
            if (piece.Kind != PieceKind.Byte) continue;
            var value = ByteFallbackDecoder.ByteOf(piece.Text);
            if (value < 0) throw Fault(model, $"the byte piece '{piece.Text}' names no byte");
            ByteIds[value] = id + 1;
        }
        if (UnknownId < 0) throw Fault(model, "there is no unknown piece");
        if (model.ByteFallback && Array.IndexOf(ByteIds, 0) is >= 0 and var missing)
            throw Fault(model, $"bytes are to stand in for unknown characters, but the byte 0x{missing:X2} has no piece");
        for (var b = 0; b < 256; b++) ByteIds[b]--;
        Ids = names;
        Trie = Build(p => p.Kind is PieceKind.Normal or PieceKind.UserDefined or PieceKind.Unused);
        MarksLead = !Pieces.Any(p => Marks.IsInside(p.Text));
        UserDefined = Build(p => p.Kind == PieceKind.UserDefined);
        reservedTrie = Build(p => p.Kind is PieceKind.Control or PieceKind.Unknown or PieceKind.Byte);
    }

    public SentencePiece[] Pieces { get; }

    public IReadOnlyDictionary<string, int> Ids { get; }

    public int UnknownId { get; }

    /// <summary>The piece of each byte, or -1.</summary>
    public int[] ByteIds { get; } = new int[256];

    /// <summary>Pieces that text can become.</summary>
    public ByteTrie Trie { get; }

    public ByteTrie UserDefined { get; }

    /// <summary>No piece has a ▁ behind another character.</summary>
    public bool MarksLead { get; }

    /// <summary>The id of a piece; the unknown piece's when there is none.</summary>
    public int IdOf(ReadOnlySpan<byte> piece)
    {
        var id = reservedTrie.Find(piece);
        if (id < 0) id = Trie.Find(piece);
        return id < 0 ? UnknownId : id;
    }

    ByteTrie Build(Func<SentencePiece, bool> belongs) => new(
        Pieces.Select((piece, id) => (piece, id)).Where(p => belongs(p.piece))
            .Select(p => (Encoding.UTF8.GetBytes(p.piece.Text), p.id)));

    static BadModelException Fault(SentencePieceModel model, string what) =>
        new($"{model.File}: {what}. The file is damaged or not a SentencePiece model; fetch it again.");
}

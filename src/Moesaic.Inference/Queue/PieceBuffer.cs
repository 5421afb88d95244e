using System.Text;

namespace Moesaic.Inference;

/// <summary>Pieces of one text that nobody has read yet, as one. For one thread at a time.</summary>
/// <param name="index">Which text.</param>
sealed class PieceBuffer(int index)
{
    readonly StringBuilder text = new();
    List<GeneratedToken> tokens = [];
    GenerationPiece? rest;

    public void Add(GenerationPiece piece)
    {
        text.Append(piece.Text);
        tokens.AddRange(piece.Tokens);
        rest = new GenerationPiece { Prompt = rest?.Prompt ?? piece.Prompt, FinishReason = piece.FinishReason, Usage = piece.Usage };
    }

    /// <summary>All that has come; null when nothing has.</summary>
    public GenerationPiece? Take()
    {
        if (rest is null) return null;
        var piece = rest with { Index = index, Text = text.ToString(), Tokens = tokens };
        (tokens, rest, _) = ([], null, text.Clear());
        return piece;
    }
}

namespace Moesaic.Text.Tokenizers;

/// <summary>A GGUF file's pieces and scores as the model that SentencePiece's own code runs.</summary>
static class GgufSentencePiece
{
    public static SentencePieceModel ModelOf(GgufVocabulary vocabulary) => new()
    {
        File = vocabulary.Source,
        Pieces = [.. vocabulary.Tokens.Select((text, id) => new SentencePiece(text, vocabulary.Scores[id], vocabulary.Kinds[id]))],
        Algorithm = vocabulary.Model == "t5" ? SentencePieceAlgorithm.Unigram : SentencePieceAlgorithm.Bpe,
        ByteFallback = vocabulary.Kinds.Contains(PieceKind.Byte),
        AddDummyPrefix = vocabulary.AddSpacePrefix ?? true,
        RemoveExtraWhitespaces = vocabulary.RemoveExtraWhitespaces ?? false,
        CharsMap = vocabulary.CharsMap,
        // Files of BPE models hold added tokens as user-defined pieces.
        CutsUserDefined = vocabulary.Model == "llama",
    };
}

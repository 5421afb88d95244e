namespace Moesaic.Text.Tokenizers;

/// <summary>What a piece is for; the values are those of the file.</summary>
enum PieceKind
{
    Normal = 1,
    Unknown = 2,
    Control = 3,
    UserDefined = 4,
    Unused = 5,
    Byte = 6,
}

/// <summary>An entry of the vocabulary.</summary>
sealed record SentencePiece(string Text, float Score, PieceKind Kind);

/// <summary>How a text becomes pieces; the values are those of the file.</summary>
enum SentencePieceAlgorithm
{
    Unigram = 1,
    Bpe = 2,
    Word = 3,
    Char = 4,
}

/// <summary>The parts of a tokenizer.model (sentencepiece_model.proto) that matter after training.</summary>
sealed class SentencePieceModel
{
    public required string File { get; init; }

    public List<SentencePiece> Pieces { get; init; } = [];

    public SentencePieceAlgorithm Algorithm { get; set; } = SentencePieceAlgorithm.Unigram;

    public bool ByteFallback { get; set; }

    public bool WhitespaceAsSuffix { get; private set; }

    public string BosPiece { get; private set; } = "<s>";

    public string EosPiece { get; private set; } = "</s>";

    public string PadPiece { get; private set; } = "<pad>";

    /// <summary>What an unknown token reads as.</summary>
    public string UnknownSurface { get; private set; } = " \u2047 ";

    public bool AddDummyPrefix { get; set; } = true;

    public bool RemoveExtraWhitespaces { get; set; } = true;

    public bool EscapeWhitespaces { get; private set; } = true;

    /// <summary>The compiled normalization rules; empty for none.</summary>
    public byte[] CharsMap { get; set; } = [];

    /// <summary>
    /// User-defined pieces are cut out of a text before anything else, so that what follows one begins a text of its own.
    /// </summary>
    public bool CutsUserDefined { get; init; }

    public static SentencePieceModel Parse(ReadOnlySpan<byte> content, string file)
    {
        var model = new SentencePieceModel { File = file };
        var reader = new ProtoReader(content, file);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: model.Pieces.Add(ReadPiece(reader.Message())); break;
                case 2: model.ReadTrainer(reader.Message()); break;
                case 3: model.ReadNormalizer(reader.Message()); break;
                case 5: RefuseDenormalizer(reader.Message()); break;
                default: reader.Skip(); break;
            }
        }
        return model;
    }

    static SentencePiece ReadPiece(ProtoReader reader)
    {
        var (text, score, kind) = ("", 0f, PieceKind.Normal);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1: text = reader.Text(); break;
                case 2: score = reader.Single(); break;
                case 3: kind = (PieceKind)reader.Number(); break;
                default: reader.Skip(); break;
            }
        }
        if (!Enum.IsDefined(kind)) throw reader.Fault($"a piece '{text}' of the unknown kind {(int)kind}");
        if (!float.IsFinite(score)) throw reader.Fault($"a piece '{text}' whose score is {score}");
        return new SentencePiece(text, score, kind);
    }

    void ReadTrainer(ProtoReader reader)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 3: Algorithm = (SentencePieceAlgorithm)reader.Number(); break;
                case 24: WhitespaceAsSuffix = reader.Flag(); break;
                case 35: ByteFallback = reader.Flag(); break;
                case 44: UnknownSurface = reader.Text(); break;
                case 46: BosPiece = reader.Text(); break;
                case 47: EosPiece = reader.Text(); break;
                case 48: PadPiece = reader.Text(); break;
                default: reader.Skip(); break;
            }
        }
    }

    void ReadNormalizer(ProtoReader reader)
    {
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2: CharsMap = reader.Bytes().ToArray(); break;
                case 3: AddDummyPrefix = reader.Flag(); break;
                case 4: RemoveExtraWhitespaces = reader.Flag(); break;
                case 5: EscapeWhitespaces = reader.Flag(); break;
                default: reader.Skip(); break;
            }
        }
    }

    static void RefuseDenormalizer(ProtoReader reader)
    {
        while (reader.Next())
        {
            if (reader.Field == 2 && reader.Bytes().Length > 0)
                throw reader.Fault("denormalization rules, which are not supported,");
            else if (reader.Field != 2) reader.Skip();
        }
    }
}

using System.Globalization;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>What the keys tokenizer.ggml.* of a GGUF file say, checked.</summary>
sealed class GgufVocabulary
{
    public const string Prefix = "tokenizer.ggml.";

    /// <summary>Value of tokenizer.ggml.model for a file without a tokenizer.</summary>
    public const string NoModel = "none";

    // No part of what a text becomes: ids by role that only other programs use.
    static readonly string[] Unused =
    [
        "seperator_token_id", "mask_token_id", "cls_token_id", "fim_pre_token_id", "fim_suf_token_id", "fim_mid_token_id",
        "fim_pad_token_id", "fim_rep_token_id", "fim_sep_token_id", "prefix_token_id", "suffix_token_id", "middle_token_id",
        "add_sep_token", "token_type_count",
    ];

    public required string Source { get; init; }

    /// <summary>"llama" (SentencePiece's BPE), "gpt2" (byte-level BPE) or "t5" (SentencePiece's unigram model).</summary>
    public required string Model { get; init; }

    /// <summary>Name of the pre-tokenizer of a byte-level BPE.</summary>
    public string? Pre { get; private init; }

    public required string[] Tokens { get; init; }

    public required PieceKind[] Kinds { get; init; }

    public required IReadOnlyList<float> Scores { get; init; }

    public IReadOnlyList<string> Merges { get; private init; } = [];

    public int? Bos { get; private init; }

    public int? Eos { get; private init; }

    public int? Unknown { get; private init; }

    public int? Pad { get; private init; }

    public bool? AddBos { get; private init; }

    public bool? AddEos { get; private init; }

    public bool? AddSpacePrefix { get; private init; }

    public bool? RemoveExtraWhitespaces { get; private init; }

    public byte[] CharsMap { get; private init; } = [];

    /// <exception cref="BadModelException">A key is missing, wrong, or the tokenizer is of a kind not supported.</exception>
    public static GgufVocabulary Read(GgufMetadata metadata)
    {
        var model = metadata.TextOrNull(Prefix + "model") switch
        {
            "llama" or "gpt2" or "t5" => metadata.Text(Prefix + "model"),
            null or NoModel or "no_vocab" => throw new BadModelException(
                $"{metadata.Source} holds no tokenizer, so that text can not be encoded."),
            var other => throw metadata.Bad(Prefix + "model", $"is \"{other}\"; supported are llama, gpt2 and t5"),
        };
        var tokens = Named(metadata.TextsOrNull(Prefix + "tokens") ?? throw metadata.Bad(Prefix + "tokens", "is missing"));
        if (tokens.Length is 0 or > Vocabulary.HighestId) throw metadata.Bad(Prefix + "tokens", $"has {tokens.Length} tokens");
        foreach (var key in Unused) metadata.Accept(Prefix + key);
        return new GgufVocabulary
        {
            Source = metadata.Source,
            Model = model,
            Pre = metadata.TextOrNull(Prefix + "pre"),
            Tokens = tokens,
            Kinds = ReadKinds(metadata, tokens.Length),
            Scores = ReadScores(metadata, tokens.Length, needed: model != "gpt2"),
            Merges = metadata.TextsOrNull(Prefix + "merges") ?? [],
            Bos = Id("bos"),
            Eos = Id("eos"),
            Unknown = Id("unknown"),
            Pad = Id("padding"),
            AddBos = metadata.FlagOrNull(Prefix + "add_bos_token"),
            AddEos = metadata.FlagOrNull(Prefix + "add_eos_token"),
            AddSpacePrefix = metadata.FlagOrNull(Prefix + "add_space_prefix"),
            RemoveExtraWhitespaces = metadata.FlagOrNull(Prefix + "remove_extra_whitespaces"),
            CharsMap = metadata.BytesOrNull(Prefix + "precompiled_charsmap") ?? [],
        };

        int? Id(string role) => metadata.IntOrNull($"{Prefix}{role}_token_id", max: tokens.Length - 1);
    }

    /// <summary>The model's padding rows have no names in some files.</summary>
    static string[] Named(IReadOnlyList<string> tokens) =>
        [.. tokens.Select((t, id) => t.Length > 0 ? t : string.Create(CultureInfo.InvariantCulture, $"[EMPTY_{id}]"))];

    static PieceKind[] ReadKinds(GgufMetadata metadata, int count)
    {
        const string Key = Prefix + "token_type";
        var kinds = metadata.Ints(Key);
        if (kinds.Count != count) throw metadata.Bad(Key, $"has {kinds.Count} elements for {count} tokens");
        return [.. kinds.Select((k, id) => Enum.IsDefined((PieceKind)k)
            ? (PieceKind)k : throw metadata.Bad(Key, $"gives token {id} the unknown type {k}"))];
    }

    static IReadOnlyList<float> ReadScores(GgufMetadata metadata, int count, bool needed)
    {
        const string Key = Prefix + "scores";
        if (!needed)
        {
            metadata.Accept(Key);
            return [];
        }
        var scores = metadata.FloatsOrNull(Key) ?? throw metadata.Bad(Key, "is missing");
        if (scores.Count != count) throw metadata.Bad(Key, $"has {scores.Count} elements for {count} tokens");
        return scores.All(float.IsFinite) ? scores : throw metadata.Bad(Key, "holds something that is not a number");
    }
}

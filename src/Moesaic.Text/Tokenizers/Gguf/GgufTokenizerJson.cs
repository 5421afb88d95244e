using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Moesaic.Formats;

namespace Moesaic.Text.Tokenizers;

/// <summary>A GGUF file's tokenizer as the files tokenizer.json and tokenizer_config.json, which encode to the same ids.</summary>
/// <param name="vocabulary">What the GGUF file says.</param>
sealed class GgufTokenizerJson(GgufVocabulary vocabulary)
{
    static readonly JsonWriterOptions Layout = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>tokenizer.json.</summary>
    /// <exception cref="BadModelException">tokenizer.json can not say it, or only in a way not supported here.</exception>
    public byte[] Tokenizer() => vocabulary.Model switch
    {
        "gpt2" => ByteLevel(),
        "llama" => SentencePiece(),
        _ => throw new BadModelException($"{vocabulary.Source}: a tokenizer of the type {vocabulary.Model} can not be "
            + "written as tokenizer.json; only llama and gpt2 can."),
    };

    /// <summary>tokenizer_config.json: roles, and which special tokens a text gets.</summary>
    public byte[] Config()
    {
        var config = new JsonObject();
        (string, int?)[] roles = [("bos", vocabulary.Bos), ("eos", vocabulary.Eos), ("unk", vocabulary.Unknown), ("pad", vocabulary.Pad)];
        foreach (var (role, id) in roles)
            if (id is { } known && IsToken(known)) config[$"{role}_token"] = vocabulary.Tokens[known];
        config["add_bos_token"] = AddBos;
        config["add_eos_token"] = AddEos;
        config["clean_up_tokenization_spaces"] = false;
        config["tokenizer_class"] = "PreTrainedTokenizerFast";
        var layout = new JsonSerializerOptions { WriteIndented = true, Encoder = Layout.Encoder };
        return Encoding.UTF8.GetBytes(config.ToJsonString(layout) + "\n");
    }

    GgufPreTokenizer PreTokenizer => field ??= vocabulary.Pre is not { } name
        ? throw new BadModelException($"{vocabulary.Source}: {GgufVocabulary.Prefix}pre is missing: how text is cut into words is "
            + "unknown. The file is from before that was recorded; convert the model anew.")
        : GgufPreTokenizer.Find(name) ?? throw new BadModelException(
            $"{vocabulary.Source}: the pre-tokenizer \"{name}\" is not supported (supported: {GgufPreTokenizer.AllNames}).");

    bool AddBos => vocabulary.Bos is not null && (vocabulary.AddBos
        ?? vocabulary.Model == "llama" || (vocabulary.Model == "gpt2" && PreTokenizer.AddsBos));

    bool AddEos => vocabulary.Eos is not null && (vocabulary.AddEos ?? vocabulary.Model == "t5");

    /// <summary>Unused tokens fill the model's padding rows; they are names without meaning.</summary>
    bool IsToken(int id) => vocabulary.Kinds[id] != PieceKind.Unused;

    byte[] ByteLevel()
    {
        var root = Root();
        if (PreTokenizer.Nfc) root["normalizer"] = new JsonObject { ["type"] = "NFC" };
        root["pre_tokenizer"] = PreTokenizer.ToJson();
        root["decoder"] = GgufPreTokenizer.ByteLevel();
        return Write(root, vocabulary.Merges, ignoreMerges: PreTokenizer.IgnoreMerges);
    }

    byte[] SentencePiece()
    {
        var root = Root();
        var prefix = vocabulary.AddSpacePrefix ?? true;
        JsonObject spaces = new() { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = " " }, ["content"] = "▁" };
        root["normalizer"] = prefix
            ? new JsonObject
            {
                ["type"] = "Sequence",
                ["normalizers"] = new JsonArray(new JsonObject { ["type"] = "Prepend", ["prepend"] = "▁" }, spaces),
            }
            : spaces;
        var decoders = new JsonArray(
            new JsonObject { ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "▁" }, ["content"] = " " },
            new JsonObject { ["type"] = "ByteFallback" }, new JsonObject { ["type"] = "Fuse" });
        if (prefix) decoders.Add((JsonNode)new JsonObject { ["type"] = "Strip", ["content"] = " ", ["start"] = 1, ["stop"] = 0 });
        root["decoder"] = new JsonObject { ["type"] = "Sequence", ["decoders"] = decoders };
        return Write(root, MergesByScore.Of(vocabulary), byteFallback: vocabulary.Kinds.Contains(PieceKind.Byte));
    }

    JsonObject Root() => new()
    {
        ["version"] = "1.0",
        ["truncation"] = null,
        ["padding"] = null,
        ["added_tokens"] = new JsonArray([.. Enumerable.Range(0, vocabulary.Tokens.Length).Where(IsAdded).Select(Added)]),
        ["normalizer"] = null,
        ["pre_tokenizer"] = null,
        ["post_processor"] = Template(),
    };

    bool IsAdded(int id) => vocabulary.Kinds[id] is PieceKind.Control or PieceKind.Unknown or PieceKind.UserDefined;

    JsonNode Added(int id)
    {
        var token = new JsonObject { ["id"] = id, ["content"] = vocabulary.Tokens[id] };
        foreach (var flag in (ReadOnlySpan<string>)["single_word", "lstrip", "rstrip", "normalized"]) token[flag] = false;
        token["special"] = vocabulary.Kinds[id] != PieceKind.UserDefined;
        return token;
    }

    JsonObject? Template()
    {
        var (before, after) = (AddBos ? vocabulary.Bos : null, AddEos ? vocabulary.Eos : null);
        if (before is null && after is null) return null;
        var special = new JsonObject();
        foreach (var id in new[] { before, after }.OfType<int>().Distinct())
        {
            var name = vocabulary.Tokens[id];
            special[name] = new JsonObject { ["id"] = name, ["ids"] = new JsonArray(id), ["tokens"] = new JsonArray(name) };
        }
        return new JsonObject
        {
            ["type"] = "TemplateProcessing", ["single"] = Sequence("A"), ["pair"] = Sequence("A", "B"), ["special_tokens"] = special,
        };

        JsonArray Sequence(params ReadOnlySpan<string> texts)
        {
            var items = new JsonArray();
            for (var i = 0; i < texts.Length; i++)
            {
                if (before is { } bos) items.Add((JsonNode)Item("SpecialToken", vocabulary.Tokens[bos], i));
                items.Add((JsonNode)Item("Sequence", texts[i], i));
                if (after is { } eos) items.Add((JsonNode)Item("SpecialToken", vocabulary.Tokens[eos], i));
            }
            return items;
        }

        static JsonObject Item(string kind, string id, int type) => new() { [kind] = new JsonObject { ["id"] = id, ["type_id"] = type } };
    }

    /// <summary>Written piece by piece: a vocabulary has hundreds of thousands of entries.</summary>
    byte[] Write(JsonObject sections, IEnumerable<string> merges, bool ignoreMerges = false, bool byteFallback = false)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Layout))
        {
            json.WriteStartObject();
            foreach (var (name, section) in sections)
            {
                json.WritePropertyName(name);
                if (section is null) json.WriteNullValue();
                else section.WriteTo(json);
            }
            WriteModel(json, merges, ignoreMerges, byteFallback);
            json.WriteEndObject();
        }
        buffer.WriteByte((byte)'\n');
        return buffer.ToArray();
    }

    void WriteModel(Utf8JsonWriter json, IEnumerable<string> merges, bool ignoreMerges, bool byteFallback)
    {
        var unknown = byteFallback ? Array.IndexOf(vocabulary.Kinds, PieceKind.Unknown) : -1;
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteNull("dropout");
        json.WriteString("unk_token", unknown < 0 ? null : vocabulary.Tokens[unknown]);
        json.WriteNull("continuing_subword_prefix");
        json.WriteNull("end_of_word_suffix");
        json.WriteBoolean("fuse_unk", unknown >= 0);
        json.WriteBoolean("byte_fallback", byteFallback);
        json.WriteBoolean("ignore_merges", ignoreMerges);
        json.WriteStartObject("vocab");
        for (var id = 0; id < vocabulary.Tokens.Length; id++)
            if (IsToken(id)) json.WriteNumber(vocabulary.Tokens[id], id);
        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach (var merge in merges) json.WriteStringValue(merge);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

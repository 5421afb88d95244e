using System.Globalization;

namespace Moesaic.Text.Tokenizers;

/// <summary>What tokenizer_config.json, special_tokens_map.json and added_tokens.json say about tokens.</summary>
sealed class TokenizerConfig
{
    readonly JsonPart config;
    readonly JsonPart map;
    readonly JsonPart added;

    TokenizerConfig(JsonPart config, JsonPart map, JsonPart added)
    {
        this.config = config;
        this.map = map;
        this.added = added;
    }

    /// <summary>Reads what the folder has of the three.</summary>
    public static TokenizerConfig Read(string folder)
    {
        return new(Optional("tokenizer_config.json"), Optional("special_tokens_map.json"), Optional("added_tokens.json"));

        JsonPart Optional(string name)
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) return JsonPart.Missing(name);
            var part = JsonPart.Read(path);
            return part.IsObject ? part : throw part.Fault("an object is needed");
        }
    }

    /// <summary>Takes a tokenizer_config.json alone.</summary>
    public static TokenizerConfig Of(JsonPart config) =>
        new(config, JsonPart.Missing("special_tokens_map.json"), JsonPart.Missing("added_tokens.json"));

    /// <summary>Whether encoding adds BOS, when the config says so.</summary>
    public bool? AddBos => config["add_bos_token"].IsNull ? null : config.Flag("add_bos_token", false);

    /// <summary>Whether encoding adds EOS, when the config says so.</summary>
    public bool? AddEos => config["add_eos_token"].IsNull ? null : config.Flag("add_eos_token", false);

    /// <summary>Tokens declared beside the vocabulary.</summary>
    public List<AddedToken> AddedTokens()
    {
        var tokens = new List<AddedToken>();
        if (!config["added_tokens_decoder"].IsNull)
        {
            foreach (var (name, part) in config["added_tokens_decoder"].Members)
            {
                if (!int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
                    throw part.Fault($"'{name}' is not an id");
                tokens.Add(AddedTokensReader.One(part, id));
            }
        }
        if (added.IsNull) return tokens;
        var specials = Others().ToHashSet(StringComparer.Ordinal);
        foreach (var (name, part) in added.Members)
        {
            var id = part.Number;
            if (id > Vocabulary.HighestId) throw added.Fault($"the id {id} of '{name}' is beyond {Vocabulary.HighestId}");
            if (tokens.All(t => t.Id != id || t.Content != name))
                tokens.Add(new AddedToken(id, name, Special: specials.Contains(name)));
        }
        return tokens;
    }

    /// <summary>Looks the roles up in a vocabulary.</summary>
    public SpecialTokens Roles(Func<string, int?> idOf)
    {
        return new SpecialTokens(Role("bos_token"), Role("eos_token"), Role("pad_token"),
            [.. Others().Select(name => Id(name, "additional_special_tokens"))]);

        int? Role(string role) => (Name(config[role]) ?? Name(map[role])) is { } name ? Id(name, role) : null;

        int Id(string name, string role) => idOf(name) ?? throw config.Fault(
            $"{role} is '{name}', which the vocabulary does not have. The files of two tokenizers may have been mixed");
    }

    IEnumerable<string> Others()
    {
        foreach (var file in (JsonPart[])[config, map])
        {
            var list = file["additional_special_tokens"];
            if (list.IsNull) continue;
            foreach (var item in list.Items)
                if (Name(item) is { } name) yield return name;
        }
    }

    /// <summary>A token is written as its name or as an object with `content`.</summary>
    static string? Name(JsonPart part)
    {
        if (part.IsNull) return null;
        return part.IsObject ? part["content"].Text : part.Text;
    }
}

namespace Moesaic.Text.Tokenizers;

/// <summary>Reads the `added_tokens` section.</summary>
static class AddedTokensReader
{
    public static List<AddedToken> Read(JsonPart list)
    {
        var tokens = new List<AddedToken>();
        if (list.IsNull) return tokens;
        foreach (var part in list.Items) tokens.Add(One(part, part["id"].Number));
        return tokens;
    }

    public static AddedToken One(JsonPart part, int id)
    {
        part.Allow("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special", "__type");
        if (id > Vocabulary.HighestId) throw part.Fault($"the id {id} is beyond {Vocabulary.HighestId}");
        var special = part.Flag("special", false);
        return new AddedToken(id, part["content"].Text, part.Flag("single_word", false), part.Flag("lstrip", false),
            part.Flag("rstrip", false), part.Flag("normalized", !special), special);
    }
}

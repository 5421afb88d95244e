namespace Moesaic.Text.Tokenizers;

/// <summary>Reads the `model` section of a tokenizer.json.</summary>
static class BpeReader
{
    public static BpeVocabulary Read(JsonPart model)
    {
        // Files older than the field hold BPE only.
        if (!model["type"].IsNull && model.Type != "BPE")
            throw model.Fault($"the model type {model.Type} is not supported, only BPE is");
        model.Allow("type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk",
            "byte_fallback", "ignore_merges", "vocab", "merges");
        foreach (var name in (ReadOnlySpan<string>)["continuing_subword_prefix", "end_of_word_suffix"])
            if (!model[name].IsNull && model[name].Text.Length > 0) throw model[name].Fault("only an empty one is supported");
        if (!model["dropout"].IsNull && !model["dropout"].IsZero)
            throw model["dropout"].Fault("dropout of merges is not supported");

        var ids = ReadIds(model["vocab"]);
        var merges = ReadMerges(model["merges"], ids, out var marksLead);
        return new BpeVocabulary
        {
            Source = model.File,
            Ids = ids,
            Merges = merges,
            MarksLead = marksLead,
            IgnoreMerges = model.Flag("ignore_merges", false),
            ByteFallback = model.Flag("byte_fallback", false),
            FuseUnknown = model.Flag("fuse_unk", false),
            UnknownId = ReadUnknown(model["unk_token"], ids),
        };
    }

    static Dictionary<string, int> ReadIds(JsonPart vocabulary)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        var names = new Dictionary<int, string>();
        foreach (var (name, value) in vocabulary.Members)
        {
            var id = value.Number;
            if (id > Vocabulary.HighestId) throw vocabulary.Fault($"the id {id} of '{name}' is beyond {Vocabulary.HighestId}");
            if (!ids.TryAdd(name, id)) throw vocabulary.Fault($"the token '{name}' appears twice");
            if (!names.TryAdd(id, name)) throw vocabulary.Fault($"the tokens '{names[id]}' and '{name}' have the same id {id}");
        }
        return ids;
    }

    static int? ReadUnknown(JsonPart unknown, Dictionary<string, int> ids)
    {
        if (unknown.IsNull) return null;
        return ids.TryGetValue(unknown.Text, out var id) ? id : throw unknown.Fault($"'{unknown.Text}' is not in the vocabulary");
    }

    /// <summary>Merges are written "a b" or, newer, ["a", "b"].</summary>
    public static (string Left, string Right) Merge(JsonPart merge) => merge.IsText ? Halves(merge) : Pair(merge);

    static MergeTable ReadMerges(JsonPart merges, Dictionary<string, int> ids, out bool marksLead)
    {
        marksLead = true;
        var table = new MergeTable();
        var rank = 0;
        foreach (var merge in merges.Items)
        {
            var (left, right) = Merge(merge);
            table.Add(Id(left), Id(right), rank++, Id(left + right));
            marksLead &= !Marks.IsInside(left + right);

            int Id(string token) => ids.TryGetValue(token, out var id)
                ? id
                : throw merge.Fault(
                    $"the merge of '{left}' and '{right}' needs the token '{token}', which is not in the vocabulary");
        }
        return table;
    }

    static (string Left, string Right) Halves(JsonPart merge)
    {
        var text = merge.Text;
        var space = text.IndexOf(' ');
        return space > 0 && space < text.Length - 1 && text.IndexOf(' ', space + 1) < 0
            ? (text[..space], text[(space + 1)..])
            : throw merge.Fault($"'{text}' is not two tokens with a space between");
    }

    static (string Left, string Right) Pair(JsonPart merge)
    {
        var parts = merge.Items.ToList();
        return parts.Count == 2 ? (parts[0].Text, parts[1].Text) : throw merge.Fault("a merge is a list of two tokens");
    }
}

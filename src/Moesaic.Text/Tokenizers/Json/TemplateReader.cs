namespace Moesaic.Text.Tokenizers;

/// <summary>Reads the `post_processor` section: which special tokens go around a single text.</summary>
static class TemplateReader
{
    public static Template Read(JsonPart part, Vocabulary vocabulary)
    {
        if (part.IsNull) return Template.Empty;
        switch (part.Type)
        {
            case "ByteLevel":
                part.Allow("type", "add_prefix_space", "trim_offsets", "use_regex");
                return Template.Empty;
            case "TemplateProcessing":
                part.Allow("type", "single", "pair", "special_tokens");
                return Single(part, vocabulary);
            case "Sequence":
                part.Allow("type", "processors");
                var inner = part["processors"].Items.Select(p => Read(p, vocabulary)).ToList();
                // Each processor wraps what the one before it made.
                return new Template(
                    [.. inner.AsEnumerable().Reverse().SelectMany(t => t.Before)], [.. inner.SelectMany(t => t.After)]);
            default: throw part.Fault($"the post-processor {part.Type} is not supported");
        }
    }

    static Template Single(JsonPart part, Vocabulary vocabulary)
    {
        var (before, after, texts) = (new List<int>(), new List<int>(), 0);
        foreach (var item in part["single"].Items)
        {
            if (!item["Sequence"].IsNull)
            {
                item.Allow("Sequence");
                if (item["Sequence"]["id"].Text != "A") throw item.Fault("a template for one text has the sequence A only");
                texts++;
                continue;
            }
            item.Allow("SpecialToken");
            var name = item["SpecialToken"]["id"].Text;
            (texts == 0 ? before : after).AddRange(Ids(part["special_tokens"][name], name, vocabulary));
        }
        return texts == 1 ? new Template(before, after) : throw part.Fault("a template must have the sequence A once");
    }

    static List<int> Ids(JsonPart special, string name, Vocabulary vocabulary)
    {
        if (special.IsNull) throw special.Fault($"the template names '{name}', which is not among its special tokens");
        var ids = special["ids"].Items.Select(i => i.Number).ToList();
        foreach (var id in ids)
            if (vocabulary.NameOf(id) is null) throw special.Fault($"the template's id {id} is not in the vocabulary");
        return ids;
    }
}

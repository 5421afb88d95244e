namespace Moesaic.Text.Tokenizers;

/// <summary>The settings that the Metaspace pre-tokenizer and decoder share, old and new.</summary>
static class MetaspaceReader
{
    public static char Mark(JsonPart part)
    {
        var text = part["replacement"].IsNull ? "▁" : part["replacement"].Text;
        return text.Length == 1 ? text[0] : throw part["replacement"].Fault("one character is needed");
    }

    public static PrependScheme Scheme(JsonPart part)
    {
        // Before prepend_scheme there was add_prefix_space; files that have both must agree.
        var legacy = part.Flag("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never;
        if (part["prepend_scheme"].IsNull) return legacy;
        var scheme = part["prepend_scheme"].Text switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            var other => throw part["prepend_scheme"].Fault($"the scheme {other} is not supported"),
        };
        if (!part["add_prefix_space"].IsNull && scheme != PrependScheme.Never && legacy == PrependScheme.Never)
            throw part.Fault("add_prefix_space is false, which prepend_scheme contradicts");
        return scheme;
    }
}

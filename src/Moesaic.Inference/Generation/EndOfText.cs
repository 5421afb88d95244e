using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text;
using Moesaic.Text.Chat;

namespace Moesaic.Inference;

/// <summary>Which tokens end a text.</summary>
public static class EndOfText
{
    /// <summary>
    /// All ids that any of config.json, generation_config.json and the tokenizer name: checkpoints of chat models often list
    /// the end of a turn in one of them only.
    /// </summary>
    /// <param name="folder">The model's folder.</param>
    /// <param name="spec">Its shape.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    /// <exception cref="BadModelException">generation_config.json is damaged.</exception>
    public static IReadOnlySet<int> Ids(string folder, ModelSpec spec, ITokenizer tokenizer)
    {
        var ids = new HashSet<int>(spec.EosIds);
        var generation = Path.Combine(folder, "generation_config.json");
        if (File.Exists(generation)) ids.UnionWith(HfConfig.Load(generation).Ints("eos_token_id"));
        if (tokenizer.EosId is { } eos) ids.Add(eos);
        return ids;
    }

    /// <summary>
    /// The special token with which a chat template ends what the assistant says, or null where it writes none: some checkpoints name it
    /// nowhere else.
    /// </summary>
    /// <param name="template">The template.</param>
    /// <param name="tokenizer">Its tokenizer.</param>
    public static int? OfTurn(ChatTemplate template, ITokenizer tokenizer)
    {
        const string Said = "0123456789";
        string text;
        try
        {
            text = template.Render([new("user", "a"), new("assistant", Said)], addGenerationPrompt: false);
        }
        catch (BadModelException)
        {
            // It wants other conversations than this; what it refuses is told to whoever asks for one.
            return null;
        }
        var end = text.LastIndexOf(Said, StringComparison.Ordinal);
        if (end < 0) return null;
        var ids = tokenizer.Encode(text[(end + Said.Length)..].TrimStart(), addSpecial: false);
        return ids.Length > 0 && tokenizer.SpecialIds.Contains(ids[0]) ? ids[0] : null;
    }

    /// <summary>Encodes a text that is to go on: a tokenizer that closes texts does not close this one. Names of special tokens are characters.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="text">The text.</param>
    /// <param name="endOfText">Ids that end a text.</param>
    public static int[] EncodeOpen(ITokenizer tokenizer, string text, IReadOnlySet<int> endOfText)
    {
        var ids = tokenizer.Encode(text, addSpecial: true, parseSpecial: false);
        var length = ids.Length;
        while (length > 1 && endOfText.Contains(ids[length - 1])) length--;
        return ids[..length];
    }
}

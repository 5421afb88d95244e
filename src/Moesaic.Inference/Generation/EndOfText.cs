using Moesaic.Formats;
using Moesaic.Models;
using Moesaic.Text;

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
}

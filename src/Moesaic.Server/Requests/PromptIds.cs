using Moesaic.Extensions.AI;
using Moesaic.Server.Errors;
using Moesaic.Server.Protocol;

namespace Moesaic.Server.Requests;

/// <summary>Prompts as token ids. Names of special tokens in texts are ordinary characters.</summary>
static class PromptIds
{
    /// <param name="field">Where the prompts stand.</param>
    /// <param name="prompts">The prompts.</param>
    /// <param name="addSpecial">Whether texts get the tokens that open a text.</param>
    /// <param name="model">The model.</param>
    public static IReadOnlyList<int[]> Of(string field, IReadOnlyList<GivenPrompt> prompts, bool addSpecial, MoesaicModel model)
    {
        if (prompts.Count == 0) throw ApiException.Field(field, "is an empty list.");
        return [.. prompts.Select(p => p.Ids is { } ids ? Check(field, ids, model)
            : addSpecial ? model.Encode(p.Text!) : model.Tokenizer.Encode(p.Text!, addSpecial: false, parseSpecial: false))];
    }

    public static int[] Check(string field, int[] ids, MoesaicModel model)
    {
        foreach (var id in ids)
            if ((uint)id >= (uint)model.Spec.VocabularySize)
                throw ApiException.Field(field, $"{id} is no token; the model has tokens 0 to {model.Spec.VocabularySize - 1}.");
        return ids;
    }
}

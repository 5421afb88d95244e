using Moesaic.Formats;

namespace Moesaic.Inference;

/// <summary>How likely the tokens of a prompt were, collected as it is read.</summary>
sealed class PromptScores(ReadOnlyMemory<int> prompt, int top, LogProbabilities probabilities)
{
    readonly List<ChosenToken> tokens = [];
    int bad = -1;

    /// <summary>Every token but the first, so far.</summary>
    /// <exception cref="BadModelException">The model computed no usable logits.</exception>
    public IReadOnlyList<ChosenToken> Tokens => bad < 0 ? tokens : throw new BadModelException(
        $"The logits after token {bad} of the prompt are not numbers: the model's numbers overflow or its weights are damaged. " +
        "Check the weights with moesaic inspect --check.");

    /// <summary>Takes the logits after the token at <paramref name="position"/>.</summary>
    public void Read(int position, ReadOnlySpan<float> logits)
    {
        var token = ChosenToken.Of(probabilities, logits, prompt.Span[position + 1], top);
        if (float.IsNaN(token.Token.LogProbability) && bad < 0) bad = position;
        tokens.Add(token);
    }
}

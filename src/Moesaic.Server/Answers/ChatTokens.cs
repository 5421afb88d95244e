using Moesaic.Inference;
using Moesaic.Server.Protocol;
using Moesaic.Text;

namespace Moesaic.Server.Answers;

/// <summary>Log-probabilities in the form of /v1/chat/completions.</summary>
static class ChatTokens
{
    public static ChatLogProbs Of(IEnumerable<GeneratedToken> tokens, ITokenizer tokenizer) =>
        new([.. tokens.Where(t => t.LogProbability is not null).Select(t => Of(t.LogProbability!.Token, tokenizer) with
        {
            TopLogprobs = [.. t.LogProbability.Top.Select(other => Of(other, tokenizer))],
        })]);

    static ChatTokenLogProb Of(TokenLogProbability token, ITokenizer tokenizer) =>
        new(TokenText.Of(token.Id, tokenizer), TokenText.LogProbability(token.LogProbability), [.. tokenizer.TokenBytes(token.Id).ToArray().Select(b => (int)b)]);
}
